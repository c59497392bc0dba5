"""Convoys: changes of several tasks that go to a host as one script, and are kept until each task's turn.

They were decided as each task would have decided them, each on what the ones before it make of the host. When
a task's turn comes, what was decided for it stands, and so does what came of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from remediate.engine.events import Step
from remediate.engine.knowledge import Key, Laid
from remediate.engine.order import Address, Order
from remediate.errors import RemediateError
from remediate.modules.base import Module
from remediate.records import dataclass

AttemptPlace = tuple[int, ...]
"""An attempt's place in the run: see `Address.attempted`."""


class Uncertain(Exception):  # noqa: N818 - it ends looking ahead, and is no error
    """What comes next cannot be told before the host has been asked, or changed."""


class Road(Protocol):
    """The task whose turn it is, and those that surely come next, if all goes well."""

    def leads_on(self) -> bool:
        """Whether anything may be changed behind what is decided now."""

    def rehearse(self, ahead: Any, item: int) -> None:
        """Look ahead as far as everything is certain; what is decided goes into the rehearsal of `ahead`.

        That is a Context. It begins behind this item (from 0) of the loop of the task whose turn it is.
        """


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one attempt at a task has come to, before anything of it was sent."""

    place: AttemptPlace
    module: Module
    orders: Sequence[Order]
    laid: Sequence[Laid]
    """What each of the orders makes of the answers."""
    looked: frozenset[Key] = frozenset()
    """On which answers it rests."""
    shown: Sequence[str] = ()
    """See `Templar.shown`."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An order that went with others, and what came of it."""

    order: Order
    intent: int
    """Its number in the journal."""
    laid: Laid
    found: Mapping[Key, Any] = field(default_factory=dict)
    """What the host answered after the whole convoy."""
    error: RemediateError | None = None


@dataclass
class Convoy:
    """What was sent to one host ahead of its tasks' turns."""

    broken: bool = False
    """Whether one was lost on its way: after that, each change goes alone."""
    _decided: dict[AttemptPlace, Decision] = field(default_factory=dict)
    _sent: dict[Address, Sent] = field(default_factory=dict)
    _lost: dict[AttemptPlace, list[Sent]] = field(default_factory=dict)
    """By attempt, what was under way when a connection broke: nobody knows how far it came."""

    @property
    def under_way(self) -> bool:
        """Whether a task's turn has still to come for which all was sent."""
        return bool(self._decided)

    def arrive(self, decisions: Iterable[Decision], sent: Iterable[Sent]) -> None:
        """Keep what was decided, and what came of it, until each task's turn."""
        self._decided.update((each.place, each) for each in decisions)
        self._sent.update((each.order.address, each) for each in sent)

    def lose(self, sent: Iterable[Sent]) -> None:
        """The connection broke: what these came to must be asked."""
        self.broken = True
        for each in sent:
            self._lost.setdefault(each.order.address.attempted, []).append(each)

    def found(self, numbers: Collection[int]) -> None:
        """It was found out that these intents were carried out."""
        for place, each in [*self._lost.items()]:
            self._lost[place] = [sent for sent in each if sent.intent not in numbers]

    def decided(self, place: AttemptPlace) -> Decision | None:
        """What was decided for this attempt, whose turn it is."""
        return self._decided.pop(place, None)

    def sent(self, address: Address) -> Sent | None:
        """What came of the order at this address, whose turn it is; None if it was not sent."""
        return self._sent.pop(address, None)

    def lost(self, place: AttemptPlace) -> Sequence[Sent]:
        """The orders of this attempt, whose turn it is, of which it is not known how far they came."""
        return self._lost.get(place, ())

    def settled(self, place: AttemptPlace) -> None:
        """What became of those was found out, or they will be sent again."""
        self._lost.pop(place, None)

    def left(self, step: Step | None = None) -> list[Sent]:
        """What was done of this task (None: of any) in vain: one before it has failed after all.

        Its turn is over, or does not come.
        """
        left = [each for each in self._sent.values() if step in (None, each.order.address.step)]
        for each in left:
            del self._sent[each.order.address]
        for place in [place for place in self._decided if step in (None, place[:2])]:
            del self._decided[place]
        return [each for each in left if each.error is None]

    def adrift(self, place: AttemptPlace | None = None) -> list[Sent]:
        """What was under way when a connection broke, of this attempt (None: of any), and is nobody's now.

        Its turn did not come, or failed too early to find out.
        """
        places = [each for each in self._lost if place in (None, each)]
        return [sent for each in places for sent in self._lost.pop(each)]
