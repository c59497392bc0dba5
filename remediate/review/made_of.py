"""What a run is made of, as plans and the store keep it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything a run is made of, with no way back to the files it came from.

    `files` are the playbooks and all that they pull in, by their paths. `packages` are files that hosts are
    sent whole, by their paths: they stay where they are, and an effect names their SHA-256. `environment` are
    the variables of the planner's process that templates asked for.
    """

    playbooks: tuple[str, ...]
    files: Mapping[str, str]
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    inventory: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
