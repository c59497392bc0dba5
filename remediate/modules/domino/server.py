"""How the Domino modules name a server and its console: the parameters they share."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any

from remediate.facts.domino_console import (
    COMMAND,
    Adapter,
    Console,
    IbmI,
    NashCom,
    SiteCommand,
    UnixServer,
    WindowsServer,
)
from remediate.facts.log_encoding import encoding_name
from remediate.modules.checkers import Check
from remediate.modules.types import absolute
from remediate.records import dataclass

CONSOLE_LOG = "IBM_TECHNICAL_SUPPORT/console.log"
"""Where Domino keeps its console log unless notes.ini says otherwise, below the data directory."""

_OWN = {
    "unix": None,
    "nashcom": "script",
    "windows": "answer_file",
    "ibmi": "template",
    "template": "template",
}
"""The adapters, each with the one key that it cannot do without."""
_NEEDS = {
    "nashcom": "the path of rc_domino",
    "windows": "a path for answers, which the Domino server can write and this user can read",
    "ibmi": f"the whole CL command, with {COMMAND} in it",
    "template": f"a shell command, with {COMMAND} in it",
}


@dataclass(frozen=True, kw_only=True)
class ConsoleChoice:
    """What a playbook says of a console: how commands are sent, and its log, if not the usual one."""

    adapter: Adapter = field(default_factory=UnixServer)
    log: str | None = None
    encoding: str = "utf-8"


def console_of(data: str, program: str, choice: ConsoleChoice | None, console_log: str | None) -> Console:
    """The console of the server with this data directory and program directory.

    Raises:
        ValueError: if the log is named twice, and differently.
    """
    choice = choice or ConsoleChoice()
    if choice.log and console_log and choice.log != console_log:
        raise ValueError("'console_log' and the 'log' of 'console' name different files: give one of them")
    log = choice.log or console_log or f"{data}/{CONSOLE_LOG}"
    return Console(data=data, program=program, log=log, adapter=choice.adapter, encoding=choice.encoding)


def parse_console(value: Any) -> ConsoleChoice | None:
    """A choice from a mapping with `adapter`, what that needs, `log` and `encoding`, all of them optional.

    Raises:
        ValueError: if it is malformed.
    """
    if value is None or isinstance(value, ConsoleChoice):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("it must be a mapping such as {adapter: nashcom, script: ...}")  # noqa: TRY004
    given = {key: each for key, each in value.items() if each is not None and each != ""}
    for key, each in given.items():
        if not isinstance(each, str) or "\0" in each:
            raise ValueError(f"its '{key}' must be text")
    name = given.get("adapter", "unix")
    if name not in _OWN:
        raise ValueError(f"its adapter '{name}' is unknown; there are: {', '.join(_OWN)}")
    own = _OWN[name]
    for key in given:
        if key not in ("adapter", "log", "encoding", own):
            raise ValueError(_foreign(key, name))
    if own is not None and own not in given:
        raise ValueError(f"the adapter '{name}' needs '{own}': {_NEEDS[name]}")
    return ConsoleChoice(
        adapter=_adapter(name, given.get(own or "", "")),
        log=_path("log", given["log"]) if "log" in given else None,
        encoding=_encoding(given.get("encoding", "utf-8")),
    )


def _adapter(name: str, own: str) -> Adapter:
    match name:
        case "nashcom":
            return NashCom(script=_path("script", own))
        case "windows":
            return WindowsServer(answer_file=_answer_file(own))
        case "ibmi":
            return IbmI(template=_template(own))
        case "template":
            return SiteCommand(template=_bourne_template(own))
    return UnixServer()


def _foreign(key: Any, name: str) -> str:
    owners = [adapter for adapter, own in _OWN.items() if own == key]
    if owners:
        return f"its '{key}' is for the adapter {' or '.join(owners)}, not for '{name}'"
    return f"it has no '{key}'; it may have: adapter, script, template, answer_file, log, encoding"


def _path(key: str, value: str) -> str:
    try:
        return absolute(value)
    except ValueError as error:
        raise ValueError(f"its '{key}': {error}") from None


def _answer_file(value: str) -> str:
    path = _path("answer_file", value)
    if any(letter.isspace() or letter in "\"'<>|*?" for letter in path):
        raise ValueError(
            f"its 'answer_file' is part of a console command: '{path}' may hold no blank or quote"
        )
    return path


def _template(value: str) -> str:
    if COMMAND not in value:
        raise ValueError(f"its 'template' must have {COMMAND} where the console command goes")
    if "\n" in value.strip():
        raise ValueError("its 'template' must be one line")
    return value.strip()


def _bourne_template(value: str) -> str:
    template = _template(value)
    before = template[: template.index(COMMAND)]
    if before.count("'") % 2 or before.count('"') % 2:
        raise ValueError(f"its 'template' must have {COMMAND} without quotes: it is quoted when it is put in")
    return template


def _encoding(value: str) -> str:
    try:
        return encoding_name(value)
    except ValueError as error:
        raise ValueError(f"its 'encoding': {error}") from None


# pydantic would have its own say in a dataclass.
ConsoleParameter = Annotated[Any, Check(parse_console, "plain")]
