"""A run's content: playbooks, files, inventory, options; as a plan keeps it, and as a run is made of it."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from remediate.controller import THIS_MACHINE, Recorded, Recorder
from remediate.effects.codec import decode, encode
from remediate.engine.options import RunOptions
from remediate.errors import UsageError
from remediate.hosts.target import ConnectionOptions
from remediate.inventory.model import Host, Inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Play
from remediate.review.plan import Content

_PASSWORDS = ("password", "become_password")
"""Connection options that no plan keeps: a person is asked for them again."""


class Thawed(NamedTuple):
    """What a run is made of."""

    plays: tuple[Play, ...]
    inventory: Inventory
    options: RunOptions
    controller: Recorded


def freeze(
    playbooks: Sequence[Path], inventory: Inventory, options: RunOptions, controller: Recorder
) -> Content:
    """Everything that a run was made of and read; its texts are not sealed yet."""
    connection = dataclasses.asdict(options.connection)
    # Copied in one go: the hosts of a run may be reading meanwhile.
    files, found, environment = dict(controller.files), list(controller.found), dict(controller.environment)
    return Content(
        playbooks=tuple(str(path.absolute()) for path in playbooks),
        files={
            str(Path(path).absolute()): data.decode("utf-8", "surrogateescape")
            for path, data in files.items()
        },
        packages=tuple(sorted(path for path in found if path not in files)),
        environment=environment,
        inventory=_frozen_inventory(inventory),
        options={
            "limit": options.limit,
            "tags": sorted(options.tags),
            "skip_tags": sorted(options.skip_tags),
            "forks": options.forks,
            "diff": options.diff,
            "extra": encode(dict(options.extra)),
            "connection": {name: value for name, value in connection.items() if name not in _PASSWORDS},
        },
    )


def thaw(content: Content, *, whole: bool = True) -> Thawed:
    """The run again; its texts must have been opened. Unless it is whole, this machine has what is missing.

    Raises:
        InputError: a value in it is of no kind that this version knows.
    """
    controller = Recorded(
        files={path: text.encode("utf-8", "surrogateescape") for path, text in content.files.items()},
        elsewhere=frozenset(content.packages),
        environment=content.environment,
        beyond=None if whole else THIS_MACHINE,
    )
    names = Catalog().names()
    plays = [play for path in content.playbooks for play in load_playbook(Path(path), names, controller)]
    options = content.options
    return Thawed(
        plays=tuple(plays),
        inventory=_thawed_inventory(content.inventory),
        options=RunOptions(
            limit=options["limit"],
            tags=frozenset(options["tags"]),
            skip_tags=frozenset(options["skip_tags"]),
            forks=options["forks"],
            diff=options["diff"],
            extra=decode(options["extra"]),
            connection=ConnectionOptions(**options["connection"]),
        ),
        controller=controller,
    )


# Lists of pairs: the order of hosts and groups counts, and that of an object's keys is lost in a plan.
def _frozen_inventory(inventory: Inventory) -> dict[str, Any]:
    return {
        "hosts": [
            [host.name, list(host.groups), encode(dict(host.variables))] for host in inventory.hosts.values()
        ],
        **{name: _pairs(getattr(inventory, name)) for name in ("groups", "children", "members")},
        "views": [[folder, _frozen_inventory(view)] for folder, view in inventory.views.items()],
    }


def _thawed_inventory(data: Mapping[str, Any]) -> Inventory:
    hosts = {
        name: Host(name=name, groups=tuple(groups), variables=decode(variables))
        for name, groups, variables in data["hosts"]
    }
    return Inventory(
        hosts=hosts,
        groups=_mapping(data["groups"]),
        children=_mapping(data["children"]),
        members=_mapping(data["members"]),
        views={folder: _thawed_inventory(view) for folder, view in data.get("views", ())},
    )


def _pairs(names: Mapping[str, tuple[str, ...]]) -> list[list[Any]]:
    return [[name, list(members)] for name, members in names.items()]


def _mapping(pairs: Sequence[Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(members) for name, members in pairs}


def rewritten(content: Content, change: Callable[[Any], Any]) -> Content:
    """The content with its texts changed: sealed by `Sealer.seal_all`, or opened by `Opener.open_all`.

    Raises:
        UsageError: see there.
    """
    return replace(
        content,
        files=change(content.files),
        environment=change(content.environment),
        inventory=change(content.inventory),
        options=change(content.options),
    )


def content_from(data: Mapping[str, Any]) -> Content:
    """The content as the store keeps it.

    Raises:
        UsageError: it is not whole, as where an older version took one of these names for a secret.
    """
    try:
        return Content(
            playbooks=tuple(data["playbooks"]),
            files=data["files"],
            packages=tuple(data["packages"]),
            environment=data["environment"],
            inventory=data["inventory"],
            options=data["options"],
        )
    except KeyError as error:
        raise UsageError(
            f"what the run was made of is not whole: its {error.args[0]} cannot be read",
            cure="see what it did: 'remediate history show'",
        ) from None
