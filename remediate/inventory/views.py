"""The inventory of a run whose plays lie in several folders: each sees the variables beside itself alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from remediate.errors import InventoryError, Mistakes, sort_mistakes
from remediate.inventory.folders import exists
from remediate.inventory.load import load_inventory
from remediate.inventory.model import Inventory

_CONNECTION = ("ansible_", "ssh_")


def inventory_for(sources: Sequence[str], folders: Sequence[Path]) -> Inventory:
    """The inventory that several `-i` give together, for plays in these folders.

    Its own variables are those of all folders; `Inventory.seen_from` one has those that are for its plays.

    Raises:
        Mistakes: everything that is wrong in any of them; or a host would be reached otherwise for one play
            than for another, while it has one connection for all.
    """
    if not any(exists(each / "group_vars") or exists(each / "host_vars") for each in folders):
        return load_inventory(sources)
    whole = load_inventory(sources, vars_dirs=folders)
    if len(folders) == 1:
        return whole
    views = {str(each.absolute()): load_inventory(sources, vars_dirs=[each]) for each in folders}
    mistakes = {str(mistake): mistake for mistake in _unlike(whole, views)}
    if mistakes:
        raise Mistakes(sort_mistakes(mistakes.values()))
    return replace(whole, views=views)


def _unlike(whole: Inventory, views: Mapping[str, Inventory]) -> Iterator[InventoryError]:
    """What says how to reach a host, and does not say the same to all plays."""
    for host in whole.hosts.values():
        for name, value in host.variables.items():
            if name.startswith(_CONNECTION):
                for folder, view in views.items():
                    if view.hosts[host.name].variables.get(name) != value:
                        yield InventoryError(
                            f"host {host.name}: {name} is not the same for the plays in {folder}",
                            where=host.places[name],
                            cure="put it beside the inventory, or run the playbooks one after another",
                        )
