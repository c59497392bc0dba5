"""The channels that `remediate.toml` names, each kind made by its own file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from remediate.errors import Mistakes, UsageError, sort_mistakes
from remediate.notify.apprising import apprising_of
from remediate.notify.channels import Channel
from remediate.notify.command import command_of
from remediate.notify.smtp import smtp_of
from remediate.notify.tables import Table
from remediate.notify.webhook import webhook_of
from remediate.settings import FILE, Settings
from remediate.spelling import nearest

_KINDS: Mapping[str, Callable[[Table], Channel]] = {
    "webhook": webhook_of,
    "smtp": smtp_of,
    "command": command_of,
    "apprise": apprising_of,
}

_NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)


def channels_in(settings: Settings) -> Mapping[str, Channel]:
    """All channels by name; no secret is read yet.

    Raises:
        UsageError: a table is wrong.
        Mistakes: several of them.
    """
    found = settings.data.get("notify", {})
    tables = found if isinstance(found, dict) else {"notify": found}
    channels: dict[str, Channel] = {}
    mistakes: list[UsageError] = []
    for name, data in tables.items():
        table = Table(settings, name, data if isinstance(data, dict) else {})
        channel = _channel(table, data)
        mistakes += table.mistakes
        if channel is not None:
            channels[name] = channel
    _tell(sort_mistakes(mistakes))
    return channels


def _channel(table: Table, data: Any) -> Channel | None:
    if not isinstance(data, dict) or not _NAME.fullmatch(table.name):
        cure = "begin it with [notify.NAME]; a name has letters, digits, - and _"
        table.wrong("", "this is no table of a channel", cure)
        return None
    kind = table.choice("kind", tuple(_KINDS))
    if table.mistakes:
        return None
    channel = _KINDS[kind](table)
    table.end()
    return channel


def chosen(channels: Mapping[str, Channel], names: Iterable[str]) -> tuple[Channel, ...]:
    """The named channels, each once.

    Raises:
        UsageError: there is none of that name.
        Mistakes: several of them.
    """
    wanted = tuple(dict.fromkeys(names))
    here = f"{FILE} here has {', '.join(channels) or 'none'}"
    unknown = [name for name in wanted if name not in channels]
    _tell(
        [
            UsageError(f"there is no channel '{name}'", cure=nearest(name, channels) or here)
            for name in unknown
        ]
    )
    return tuple(channels[name] for name in wanted)


def unusable(channels: Iterable[Channel]) -> Iterator[str]:
    """What is the matter with the channels whose secrets, certificates or libraries are not there."""
    for channel in channels:
        try:
            channel.secrets()
        except UsageError as error:
            said = f"channel '{channel.name}' cannot be used: {error.what}"
            yield str(UsageError(said, where=error.where, cure=error.cure))


def _tell(mistakes: list[UsageError]) -> None:
    if mistakes:
        raise Mistakes(mistakes) if len(mistakes) > 1 else mistakes[0]
