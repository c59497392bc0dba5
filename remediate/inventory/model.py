"""What an inventory is once it has been read: hosts with merged variables, and groups of host names."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from remediate.errors import Place
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host; its variables are merged by Ansible's precedence and not rendered."""

    name: str
    groups: tuple[str, ...]
    """All groups it belongs to, also through children, sorted, without `all` (Ansible's `group_names`)."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where the value of each variable is written."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All hosts in the order of their first mention, and the groups."""

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
    """The hosts of each group and of its children, in inventory order; `all` and `ungrouped` included."""
    children: Mapping[str, tuple[str, ...]]
    """The direct children of each group."""
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The hosts named in each group itself, in the order written."""
    views: "Mapping[str, Inventory]" = field(default_factory=dict)
    """The inventory by the folders of the plays, if there are several, and variables beside any of them."""

    def seen_from(self, folder: Path) -> "Inventory":
        """The inventory with the variables that are for the plays in a folder."""
        return self.views.get(str(folder), self)
