"""What an earlier part of a run has done, for the part that goes on with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal

from remediate.effects.base import Undo
from remediate.engine.events import Status, Step
from remediate.hosts.target import Become
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that was made, and what takes it back. `number` is its place in the records of its run."""

    number: int
    step: Step
    task: str
    change: str
    become: Become | None
    undo: Undo
    no_log: bool = False
    under: str = ""
    """A later change that stays, and that may have changed the same; empty if there is none."""
    doubtful: bool = False
    """Whether its task failed over it, and nothing on the host shows whether it was made."""
    place: tuple[int, ...] = ()
    """See `Address.attempted`."""
    in_doubt: bool = False
    """Whether only the host shows if it was made: a connection, or the run itself, broke over it."""
    claim: str = ""
    """Under which name of its run the host has done it, once; empty if it was not claimed."""
    taken: int = 0
    """How many of the effects that take it back are known to be done already."""
    taking: bool = False
    """Whether the next of them was sent before, and only the host shows if it was done."""


def under(lasting: str, touched: Iterable[str], change: Change) -> Change:
    """A change, marked if a later one that stays may have changed the same, by what that has touched."""
    facts = [guard.fact for guard in change.undo.guards]
    same = any(fact.reads(path) for fact in facts for path in touched)
    return replace(change, under=lasting) if same else change


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
class Apart:
    """Why a part of a run leaves a host alone, and as what it counts then; it can be gone on with."""

    outcome: Literal["failed", "unreachable", "stopped"]
    message: str
    known: bool = False
    """Whether an earlier part of the run has told of it: then it alone stops no other host."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """The tasks that came to their end, and those that had sent a change and did not.

    `begun` has of the latter the task, and the attempt at an item: the beginnings of the change's address.
    """

    ended: Mapping[HostStep, EndedTask] = field(default_factory=dict)
    begun: frozenset[tuple[str, tuple[int, ...]]] = frozenset()
    held: Mapping[str, frozenset[Become | None]] = field(default_factory=dict)
    """The hosts where a lock and claims may be left, and as whom commands were claimed there."""
    through: frozenset[str] = frozenset()
    """The hosts to which nothing will be sent any more."""
    left: frozenset[str] = frozenset()
    """Those of them where nothing is left."""
    apart: Mapping[str, Apart] = field(default_factory=dict)
    """The hosts that this part leaves alone; what begins may have some, too."""
    changes: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    """What was changed on each host and is not taken back, in the order in which it was done."""
    sent: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    """What was sent to each host last, in its order, before it was known whether it was made."""

    def has_begun(self, host: str, place: tuple[int, ...]) -> bool:
        """Whether a change of this task (or `Address.attempted`) was sent, and its end is not known."""
        return (host, place) in self.begun


NO_PAST = Past()
"""That of a run which begins."""
