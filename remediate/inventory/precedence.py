"""Which value of a variable wins: everything read, merged into one inventory by Ansible's order.

From the weakest to the strongest: the groups' variables in the inventory files (`all`, then deeper and deeper
groups), `group_vars/all` beside the inventory and beside the playbook, the other groups' files beside the
inventory and beside the playbook, the host's variables in the inventory files, its `host_vars/` beside the
inventory and beside the playbook. A value replaces another as a whole; mappings are not merged.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from remediate.inventory.draft import Draft, Settings
from remediate.inventory.hierarchy import Hierarchy, arrange
from remediate.inventory.model import Host, Inventory
from remediate.inventory.vars_files import read_vars_files

_Files = list[dict[str, Settings]]


def merge(draft: Draft, beside_inventory: Sequence[Path], beside_playbook: Sequence[Path]) -> Inventory:
    """The finished inventory; `group_vars/` and `host_vars/` are looked for in the given folders.

    Raises:
        Mistakes: all that were found, in this step and before.
    """
    _place_the_ungrouped(draft)
    folders = dict.fromkeys([*beside_inventory, *beside_playbook])
    group_files = {one: read_vars_files(one / "group_vars", draft.groups, draft) for one in folders}
    host_files = {one: read_vars_files(one / "host_vars", draft.hosts, draft) for one in folders}
    _refuse_priority_in_files(group_files.values(), draft)
    hierarchy = arrange(draft)
    if hierarchy is not None:
        _refuse_ambiguous_names(draft, hierarchy)
    draft.raise_mistakes()
    assert hierarchy is not None  # noqa: S101 - else there was a mistake
    merger = _Merger(
        draft,
        hierarchy,
        [[group_files[one] for one in beside] for beside in (beside_inventory, beside_playbook)],
        [host_files[one] for one in [*beside_inventory, *beside_playbook]],
    )
    return merger.inventory()


class _Merger:
    """Merges for one host after the other; hosts of the same groups share the work for the groups."""

    def __init__(
        self, draft: Draft, hierarchy: Hierarchy, group_files: list[_Files], host_files: _Files
    ) -> None:
        self.draft = draft
        self.hierarchy = hierarchy
        self.group_files = group_files
        self.host_files = host_files
        self.known: dict[frozenset[str], tuple[tuple[str, ...], Settings]] = {}

    def inventory(self) -> Inventory:
        groups: dict[str, list[str]] = {name: [] for name in self.draft.groups}
        hosts: dict[str, Host] = {}
        for name, direct in _direct_groups(self.draft).items():
            if direct not in self.known:
                over = self.hierarchy.groups_over(direct)
                self.known[direct] = over, self.of_groups(over)
            over, shared = self.known[direct]
            hosts[name] = self.host(name, over, shared)
            for group in over:
                groups[group].append(name)
        return Inventory(
            hosts=hosts,
            groups={name: tuple(names) for name, names in groups.items()},
            children=self.hierarchy.children,
            members={name: tuple(group.hosts) for name, group in self.draft.groups.items()},
        )

    def of_groups(self, over: tuple[str, ...]) -> Settings:
        settings: Settings = {}
        for name in over:
            settings.update(self.draft.groups[name].settings)
        for names in (["all"], [name for name in over if name != "all"]):
            for beside in self.group_files:
                for files in beside:
                    for name in names:
                        settings.update(files.get(name, {}))
        return settings

    def host(self, name: str, over: tuple[str, ...], shared: Settings) -> Host:
        settings = shared | self.draft.hosts[name].settings
        for files in self.host_files:
            settings |= files.get(name, {})
        return Host(
            name=name,
            groups=tuple(sorted(group for group in over if group != "all")),
            variables={key: value for key, (value, _) in settings.items()},
            places={key: place for key, (_, place) in settings.items()},
        )


def _direct_groups(draft: Draft) -> dict[str, frozenset[str]]:
    direct: dict[str, list[str]] = {name: [] for name in draft.hosts}
    for group, content in draft.groups.items():
        for name in content.hosts:
            direct[name].append(group)
    return {name: frozenset(groups) for name, groups in direct.items()}


def _place_the_ungrouped(draft: Draft) -> None:
    """A host is in `ungrouped` just if it is in no other group than `all`."""
    ungrouped = draft.groups["ungrouped"].hosts
    for name, direct in _direct_groups(draft).items():
        if direct <= {"all"}:
            ungrouped[name] = draft.hosts[name].place
        elif direct - {"all", "ungrouped"}:
            ungrouped.pop(name, None)


def _refuse_priority_in_files(files: Iterable[dict[str, Settings]], draft: Draft) -> None:
    for name, settings in ((name, found[name]) for found in files for name in found):
        if "ansible_group_priority" in settings:
            draft.mistake(
                f"ansible_group_priority of '{name}' has no effect here",
                settings["ansible_group_priority"][1],
                "set it among the group's vars in the inventory itself",
            )


def _refuse_ambiguous_names(draft: Draft, hierarchy: Hierarchy) -> None:
    """A host may be called like a group only if the group holds just this host."""
    both = [name for name in draft.hosts if name in draft.groups]
    for name in both:
        inside = {
            host
            for group, over in hierarchy.above.items()
            if name in over
            for host in draft.groups[group].hosts
        }
        if inside - {name} or name in ("all", "ungrouped"):
            place = draft.hosts[name].place
            draft.mistake(f"'{name}' is a host and a group of other hosts", place, "rename one of them")
