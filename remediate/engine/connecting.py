"""From an inventory's hosts to what is needed to reach them, or all that is wrong with it."""

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from remediate.errors import InventoryError, Mistakes, Place, TemplateError, sort_mistakes
from remediate.hosts.key_files import cure_of, unprotected
from remediate.hosts.target import ConnectionOptions, Target, target_of
from remediate.inventory.model import Host
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

_KEY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
_OPTION = "--private-key"
"""The one place beside variables that names a file."""
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
        except Mistakes as several:
            for error in several.mistakes:
                found.setdefault((error.what, error.where or "", error.cure), []).append(host.name)
    if found:
        raise Mistakes(sort_mistakes(_mistake(*key, names) for key, names in found.items()))
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
                mistake = InventoryError(f"{name}: {error.what}", where=where, cure=error.cure)
                raise Mistakes([mistake]) from None
    mistakes: list[InventoryError] = []
    while True:
        try:
            target = target_of(host.name, rendered, options)
            break
        except InventoryError as error:  # of the first variable that is wrong: look for more without it
            name = next((word for word in re.findall(r"\w+", error.what) if word in rendered), "")
            mistakes.append(InventoryError(error.what, where=_place_of(name, host, extra), cure=error.cure))
            if rendered.pop(name, None) is None:
                raise Mistakes(mistakes) from None
    mistakes += _unusable_files(target, lambda name: _place_of(name, host, extra))
    if mistakes:
        raise Mistakes(mistakes)
    return target


def _place_of(name: str, host: Host, extra: Mapping[str, Any]) -> Place | str:
    return Place("-e") if name in extra else host.places.get(name, _OPTION)


def _unusable_files(target: Target, place_of: Callable[[str], Place | str]) -> Iterator[InventoryError]:
    if target.private_key is not None:
        where = next((place for name in _KEY if (place := place_of(name)) != _OPTION), _OPTION)
        if why := _unreadable(target.private_key):
            yield InventoryError(
                f"the private key {target.private_key} cannot be read: {why}",
                where=where,
                cure="name a key that is there, or none: then the SSH agent's and the usual ones are tried",
            )
        elif why := unprotected(file := Path(target.private_key).expanduser()):
            yield InventoryError(why, where=where, cure=cure_of(file))
    if target.known_hosts is not None and (why := _unreadable(target.known_hosts)):
        if target.accept_new and why == os.strerror(errno.ENOENT):
            return  # it will be made
        yield InventoryError(
            f"the file of host keys {target.known_hosts} cannot be read: {why}",
            where=place_of("ssh_known_hosts"),
            cure="collect the keys in it with ssh-keyscan, or let --accept-new-host-keys do so",
        )


def _unreadable(file: str) -> str | None:
    try:
        with Path(file).expanduser().open("rb"):
            return None
    except OSError as error:
        return error.strerror
    except RuntimeError as error:  # ~somebody, whom this machine does not know
        return str(error)


def _mistake(what: str, where: Place | str, cure: str | None, names: list[str]) -> InventoryError:
    about = what if where in (_OPTION, Place("-e")) else f"{_list(names)}: {what}"
    return InventoryError(about, where=where, cure=cure)


def _list(names: list[str]) -> str:
    shown, more = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return f"host{'s' if len(names) > 1 else ''} {', '.join(shown)}" + (
        f" and {more} more" if more > 0 else ""
    )
