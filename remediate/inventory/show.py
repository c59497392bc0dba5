"""An inventory as `ansible-inventory` shows it; secrets are masked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from remediate.errors import InventoryError
from remediate.inventory.model import Host, Inventory
from remediate.secrecy import MASK, is_secret_name
from remediate.spelling import nearest


def as_list(inventory: Inventory) -> dict[str, Any]:
    """What `ansible-inventory --list` prints: each group that is not empty, and `_meta.hostvars`."""
    shown: dict[str, Any] = {
        "_meta": {
            "hostvars": {host.name: _masked(host) for host in inventory.hosts.values() if host.variables}
        }
    }
    for group, children in inventory.children.items():
        content: dict[str, list[str]] = {}
        if children:
            content["children"] = list(children)
        if group != "all" and inventory.members.get(group):
            content["hosts"] = list(inventory.members[group])
        if content:
            shown[group] = content
    return shown


def as_graph(inventory: Inventory) -> str:
    """What `ansible-inventory --graph` prints: groups as a tree, their hosts as its leaves."""
    return "\n".join(_branch(inventory, "all", 0))


def as_host(inventory: Inventory, name: str) -> dict[str, Any]:
    """What `ansible-inventory --host NAME` prints: the host's variables.

    Raises:
        InventoryError: if there is no such host.
    """
    host = inventory.hosts.get(name)
    if host is None:
        raise InventoryError(
            f"no host is called '{name}'",
            cure=nearest(name, inventory.hosts) or "'remediate inventory --graph' shows all",
        )
    return _masked(host)


def _branch(inventory: Inventory, group: str, depth: int) -> list[str]:
    lines = [_indented(f"@{group}:", depth)]
    for child in inventory.children[group]:
        lines += _branch(inventory, child, depth + 1)
    if group != "all":
        lines += [_indented(name, depth + 1) for name in inventory.members.get(group, ())]
    return lines


def _indented(text: str, depth: int) -> str:
    return f"{'  |' * depth}--{text}" if depth else text


def _masked(host: Host) -> dict[str, Any]:
    shown: dict[str, Any] = _showable(host.variables)
    return shown


def _showable(value: Any) -> Any:
    """The value with its secrets masked, in types that JSON has."""
    if isinstance(value, Mapping):
        return {key: MASK if is_secret_name(key) else _showable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_showable(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else value
