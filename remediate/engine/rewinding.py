"""Rewinding: what was sent before a connection, or the run itself, broke is found out on the host.

What was made is known by how it was to leave the host. Until the turn of its task comes, the host is seen as
it was before: so the task decides what it decided then, and finds it made. Were it to decide on the host as
it is now, it might undo what a later task has made of the same file, or do it twice.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from remediate.answers import Unknown
from remediate.engine.asking import agrees
from remediate.engine.knowledge import Mark
from remediate.engine.names import ON_PATHS
from remediate.engine.order import Order
from remediate.engine.past import Change
from remediate.engine.state import HostState
from remediate.engine.view import View
from remediate.errors import RemediateError, UnknownUntilApplied
from remediate.records import compared_fields, dataclass


class Otherwise(Exception):  # noqa: N818 - it ends a second deciding, and is no error
    """A task comes to something else than it did when its changes were sent."""


@dataclass
class Rewound:
    """Changes that were made before their tasks' turns, in their order; the host is seen as before them."""

    changes: list[Change]
    marks: list[Mark]
    """For each of them, how much was foreseen before it was laid over what is known."""

    def __bool__(self) -> bool:
        """Whether there is one left."""
        return bool(self.changes)

    def at(self, place: tuple[int, ...]) -> Sequence[Change]:
        """The next of them, as far as they are of this attempt."""
        count = 0
        while count < len(self.changes) and self.changes[count].place == place:
            count += 1
        return self.changes[:count]

    def wind(self, state: HostState) -> Change:
        """The next of them, whose turn has come: from now on, it is seen as made."""
        state.foreseen_until(self.marks.pop(0))
        return self.changes.pop(0)


def rewind(state: HostState, sent: Sequence[Change]) -> Rewound:
    """Ask the host how many of these, which were sent in their order, it was left by; and see it as before.

    Raises:
        TaskFailed, Unreachable: if it cannot be asked.
    """
    if not sent or not all(_shows(each) for each in sent):
        return Rewound(changes=[], marks=[])
    for become in {each.become for each in sent}:
        facts = {guard.fact: None for each in sent if each.become == become for guard in each.undo.guards}
        state.forget(facts, become)
        state.ask(facts, become)
    for count in range(len(sent), 0, -1):
        start = state.foreseen()
        marks: list[Mark] = []
        for each in reversed(sent[:count]):
            marks.insert(0, state.foreseen())
            if not _is_rewound(state, each):
                break
        else:
            return Rewound(changes=[*sent[:count]], marks=marks)
        state.foreseen_until(start)
    return Rewound(changes=[], marks=[])


def _shows(change: Change) -> bool:
    """Whether the files of a host show if this was made, and what was there before."""
    facts = [guard.fact for guard in change.undo.guards]
    return bool(facts and change.undo.effects) and all(isinstance(each, ON_PATHS) for each in facts)


def _is_rewound(state: HostState, change: Change) -> bool:
    """Whether the host is as the change left it; it is seen as before the change then."""
    view = View(state, change.become)
    with suppress(RemediateError, UnknownUntilApplied):
        if all(agrees(guard.answer, view.of(guard.fact)) for guard in change.undo.guards):
            for effect in change.undo.effects:
                state.foresee(effect, f"task '{change.task}'", change.become)
            return not view.provisional
    return False


def are_the_same(orders: Sequence[Order], made: Sequence[Change]) -> bool:
    """Whether a task has come to what it came to before; of the last of it, it may not be known."""
    return len(made) <= len(orders) and all(
        order.become == change.become and _alike(order.undo, change.undo)
        for order, change in zip(orders, made, strict=False)
    )


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are equal; what is left open in them cannot be compared by `==`."""
    if isinstance(one, Unknown) or type(one) is not type(other):
        return isinstance(one, Unknown) and isinstance(other, Unknown)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if names := compared_fields(type(one)):
        return all(_alike(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)
