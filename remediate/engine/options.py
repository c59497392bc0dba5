"""What the command line says about a run, and which plays it has then, on which hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from remediate.engine.selection import Selection, select_hosts
from remediate.hosts.target import ConnectionOptions
from remediate.inventory.model import Inventory
from remediate.playbook.model import Play
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What the command line says about a run."""

    dry_run: bool = False
    diff: bool = False
    live: bool = False
    """Whether what commands print is wanted while they run."""
    every_check: bool = False
    """Whether all checks are looked at: none that fails ends its host, and no number of them the run."""
    forks: int = 32
    limit: str | None = None
    tags: frozenset[str] = frozenset()
    skip_tags: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=dict)
    connection: ConnectionOptions = field(default_factory=ConnectionOptions)


def selections_of(plays: Sequence[Play], inventory: Inventory, options: RunOptions) -> Sequence[Selection]:
    """Each play as it will be run, and its hosts in the order of its pattern.

    Raises:
        Mistakes: a tag that no task has, and all that is wrong with what the plays say of their hosts.
    """
    return select_hosts(plays, inventory, extra=options.extra, limit=options.limit, tags=options.tags)
