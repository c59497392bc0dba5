"""What one host carries through a run: its connection's state, what was registered, how its tasks ended."""

from collections import Counter
from dataclasses import field, replace
from typing import Any, Literal

from remediate.effects.base import NoUndo
from remediate.engine.convoy import AttemptPlace, Convoy, Road
from remediate.engine.events import Counts, TaskEnded
from remediate.engine.order import Order
from remediate.engine.past import Change, under
from remediate.engine.rewinding import Rewound
from remediate.engine.state import HostState
from remediate.hosts.host import Host
from remediate.hosts.target import Target
from remediate.records import dataclass


@dataclass
class Memory:
    """One host's part of a run. Only the thread that works on the host touches it."""

    name: str
    target: Target
    """How the host is reached."""
    state: HostState
    facts: dict[str, Any] = field(default_factory=dict)
    """Registered results and set_fact values: data, never rendered."""
    doubtful: dict[str, str] = field(default_factory=dict)
    """Names among the facts that rest on provisional answers, and why."""
    notified: dict[str, str | None] = field(default_factory=dict)
    """Handlers to run, by what notified them; and on what it depends whether they are, if that is unknown."""
    ended: Literal["failed", "unreachable", "stopped"] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    at_work: bool = True
    """Whether the last task was done now, and not in an earlier part of the run."""
    done: list[Change] = field(default_factory=list)
    """What the play has changed on the host and can take back."""
    convoy: Convoy = field(default_factory=Convoy)
    """What was sent to the host before the turns of its tasks."""
    rewound: Rewound | None = None
    """What is found made before its tasks' turns; None: nobody has looked yet."""
    road: Road | None = None
    """Where the host is in its play; None where nothing is looked at ahead."""
    open_ends: int = 0
    """How many tasks may come out otherwise than foreseen: they change something, or are not certain."""

    @property
    def host(self) -> Host:
        """The host itself."""
        return self.state.host

    def release(self, *, last: bool) -> None:
        """Let go of what was needed to work on the host: it is in no later play.

        If that was the `last` play, no other host can ask for what it has registered.
        """
        self.state.release()
        self.done.clear()
        if last:
            self.facts.clear()

    def keep(self, order: Order, number: int, *, in_doubt: bool = False) -> None:
        """Note what was changed (in doubt: perhaps), by its number in the journal, and what it lies over."""
        if isinstance(order.undo, NoUndo):
            touched = order.effect.touches() or ()
            self.done[:] = [under(order.change, touched, each) for each in self.done]
        elif (change := order.made(number)) is not None:
            self.done.append(replace(change, in_doubt=True) if in_doubt else change)

    def keep_made(self, change: Change) -> None:
        """Note what was changed, and is surely made; it may have been noted as in doubt."""
        sure = replace(change, in_doubt=False)
        if any(each.number == change.number for each in self.done):
            self.done[:] = [sure if each.number == change.number else each for each in self.done]
        else:
            self.done.append(sure)

    def keep_adrift(self, place: AttemptPlace | None = None) -> None:
        """Note, in doubt, what nobody will find out about any more; see `Convoy.adrift`."""
        for each in self.convoy.adrift(place):
            self.keep(each.order, each.intent, in_doubt=True)

    def count(self, event: TaskEnded) -> None:
        """Add one task to the counts, in Ansible's way: a changed task is also ok."""
        self.open_ends += bool(event.effects) or event.certainty != "known"
        self.counts["unsaid"] += event.unsaid
        if event.ignored:
            self.counts.update(("ok", "ignored"))
        elif event.rescued:
            self.counts["rescued"] += 1
        elif event.status == "changed":
            self.counts.update(("ok", "changed"))
        else:
            self.counts[event.status] += 1

    def recap(self) -> Counts:
        """The counts."""
        return Counts(**self.counts, stopped=self.ended == "stopped")
