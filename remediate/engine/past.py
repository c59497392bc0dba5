"""What an earlier part of a run has done, for the part that goes on with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remediate.engine.events import Status, Step

HostStep = tuple[str, Step]
"""A host's name, and which task."""


@dataclass(frozen=True, kw_only=True)
class EndedTask:
    """How a task ended on a host: what has to be known of it to go on behind it."""

    status: Status
    result: Any
    message: str = ""
    ignored: bool = False
    rescued: bool = False


@dataclass(frozen=True, kw_only=True)
class Past:
    """The tasks that came to their end, and those that had sent a change and did not."""

    ended: Mapping[HostStep, EndedTask] = field(default_factory=dict)
    begun: frozenset[HostStep] = frozenset()


NO_PAST = Past()
"""That of a run which begins."""
