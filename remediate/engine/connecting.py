"""From an inventory's hosts to what is needed to reach them, or all that is wrong with it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from remediate.errors import InputError, InventoryError, Mistakes, Place, TemplateError
from remediate.hosts.target import ConnectionOptions, Target, target_of
from remediate.inventory.model import Host
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

_KEY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
_MOST_NAMES = 3
"""Hosts that a message names before it counts them."""


def targets_for(
    hosts: Iterable[Host], extra: Mapping[str, Any], options: ConnectionOptions
) -> dict[str, Target]:
    """How to reach each host: its connection variables, rendered and checked, and the files they name.

    Raises:
        Mistakes: what is wrong with any of them. A mistake that concerns several hosts is told once.
    """
    templar = Templar()
    targets: dict[str, Target] = {}
    found: dict[tuple[str, Place | str, str | None], list[str]] = {}
    for host in hosts:
        try:
            targets[host.name] = _target(host, extra, options, templar)
        except InputError as error:
            found.setdefault((error.what, error.where or "", error.cure), []).append(host.name)
    if found:
        raise Mistakes([_mistake(*key, names) for key, names in found.items()])
    return targets


def overruled_key(
    targets: Mapping[str, Target], extra: Mapping[str, Any], options: ConnectionOptions
) -> str | None:
    """What to say where the inventory wins over --private-key, as it does in Ansible."""
    names = [target.name for target in targets.values() if target.private_key != options.private_key]
    if options.private_key is None or not names or any(name in extra for name in _KEY):
        return None
    return (
        f"--private-key is not used for {_list(names)}: the inventory names another key "
        f"(-e {_KEY[0]}={options.private_key} wins over it)"
    )


def _target(host: Host, extra: Mapping[str, Any], options: ConnectionOptions, templar: Templar) -> Target:
    magic = {
        "inventory_hostname": host.name,
        "inventory_hostname_short": host.name.split(".", maxsplit=1)[0],
    }
    scope = Scope((Layer(extra), Layer(host.variables), Layer(magic, rendered=True)))
    rendered: dict[str, Any] = {}
    for name, value in {**host.variables, **extra}.items():
        if name.startswith(("ansible_", "ssh_")):
            try:
                rendered.update(templar.render({name: value}, scope))
            except TemplateError as error:
                where = _place_of(name, host, extra)
                raise InventoryError(f"{name}: {error.what}", where=where, cure=error.cure) from None
    try:
        target = target_of(host.name, rendered, options)
    except InventoryError as error:
        name = next((word for word in re.findall(r"\w+", error.what) if word in rendered), "")
        raise InventoryError(error.what, where=_place_of(name, host, extra), cure=error.cure) from None
    if target.private_key is not None:
        name = next((name for name in _KEY if rendered.get(name)), "")
        where = _place_of(name, host, extra) if name else "--private-key"
        _refuse_unreadable("the private key", target.private_key, where, "name a file that you may read")
    if target.known_hosts is not None and not (options.accept_new and _is_free(target.known_hosts)):
        where = _place_of("ssh_known_hosts", host, extra)
        cure = "collect the keys in it with ssh-keyscan, or let --accept-new-host-keys do so"
        _refuse_unreadable("the file of host keys", target.known_hosts, where, cure)
    return target


def _place_of(name: str, host: Host, extra: Mapping[str, Any]) -> Place | str:
    return Place("-e") if name in extra else host.places.get(name, "the inventory")


def _refuse_unreadable(what: str, file: str, where: Place | str, cure: str) -> None:
    try:
        with Path(file).expanduser().open("rb"):
            pass
    except OSError as error:
        raise InventoryError(
            f"{what} {file} cannot be read: {error.strerror}", where=where, cure=cure
        ) from None
    except RuntimeError as error:  # ~somebody, whom this machine does not know
        raise InventoryError(f"{what} {file} cannot be read: {error}", where=where, cure=cure) from None


def _is_free(file: str) -> bool:
    try:
        return not Path(file).expanduser().exists()
    except (OSError, RuntimeError):
        return False


def _mistake(what: str, where: Place | str, cure: str | None, names: list[str]) -> InventoryError:
    about = what if where in ("--private-key", Place("-e")) else f"{_list(names)}: {what}"
    return InventoryError(about, where=where, cure=cure)


def _list(names: list[str]) -> str:
    shown, more = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return f"host{'s' if len(names) > 1 else ''} {', '.join(shown)}" + (
        f" and {more} more" if more > 0 else ""
    )
