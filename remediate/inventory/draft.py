"""What has been read so far, from all sources: hosts, groups, and the mistakes found on the way."""

from dataclasses import field
from typing import Any

from remediate.errors import InputError, InventoryError, Mistakes, Place, sort_mistakes
from remediate.inventory.names import check_group_name, parse_hosts
from remediate.records import dataclass

Settings = dict[str, tuple[Any, Place]]
"""Variables: name to value and the place where the value is written."""

BUILTIN = ("all", "ungrouped")


@dataclass(kw_only=True)
class GroupDraft:
    """One group: the hosts and children named in it (with the place of the naming), and its variables."""

    place: Place
    hosts: dict[str, Place] = field(default_factory=dict)
    children: dict[str, Place] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    priority: int = 1


@dataclass(kw_only=True)
class HostDraft:
    """One host: the place of its first mention, and its variables."""

    place: Place
    settings: Settings = field(default_factory=dict)


class Draft:
    """The inventory while it is being read; later mentions add to earlier ones."""

    def __init__(self) -> None:
        nowhere = Place("")
        self.groups = {name: GroupDraft(place=nowhere) for name in BUILTIN}
        self.groups["all"].children["ungrouped"] = nowhere
        self.hosts: dict[str, HostDraft] = {}
        self.mistakes: list[InputError] = []

    def mistake(self, what: str, where: Place, cure: str | None = None) -> None:
        """Note one mistake; the reading goes on."""
        self.mistakes.append(InventoryError(what, where=where, cure=cure))

    def raise_mistakes(self) -> None:
        """Nothing, if there is no mistake so far.

        Raises:
            Mistakes: all of them, in the order of their places.
        """
        if self.mistakes:
            raise Mistakes(sort_mistakes(self.mistakes))

    def add_group(self, name: str, place: Place) -> bool:
        """Make sure that there is this group; False (and a mistake noted) if nothing can be called so."""
        if name in self.groups:
            return True
        try:
            check_group_name(name, place)
        except InventoryError as error:
            self.mistakes.append(error)
            return False
        self.groups[name] = GroupDraft(place=place)
        return True

    def add_hosts(self, group: str, written: str, settings: Settings, place: Place) -> None:
        """Add the host or range of hosts as `written`, with its variables, to a group."""
        try:
            names, port = parse_hosts(written, place)
        except InventoryError as error:
            self.mistakes.append(error)
            return
        if port is not None:
            settings = {"ansible_port": (port, place), **settings}
        members = self.groups[group].hosts
        for name in names:
            host = self.hosts.get(name)
            if host is None:
                host = self.hosts[name] = HostDraft(place=place)
            host.settings.update(settings)
            members.setdefault(name, place)

    def add_child(self, group: str, child: str, place: Place) -> None:
        """Make one group a child of another; both are there."""
        if child == "all":
            self.mistake("the group 'all' holds every host and cannot be a child", place, "leave it out")
        elif child == "ungrouped" and group != "all":
            self.mistake("the group 'ungrouped' is a child of 'all' alone", place, "leave it out")
        elif group == "ungrouped":
            self.mistake("the group 'ungrouped' has hosts and no children", place, "make a group of your own")
        else:
            self.groups[group].children.setdefault(child, place)

    def set_for_group(self, group: str, name: str, value: Any, place: Place) -> None:
        """Set one variable of a group; `ansible_group_priority` ranks it among its like."""
        if name != "ansible_group_priority":
            self.groups[group].settings[name] = (value, place)
        elif isinstance(value, int) and not isinstance(value, bool):
            self.groups[group].priority = value
        else:
            self.mistake("ansible_group_priority must be a whole number", place, "write such as 10")
