"""Orders: effects with their place in a run, and what the journal keeps of them."""

from functools import cached_property

from remediate.effects.base import Effect, NoUndo, Undo
from remediate.engine.events import Step
from remediate.engine.keeping import kept_claim, kept_undo
from remediate.engine.past import Change
from remediate.hosts.target import Become
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.store.journal import Intent

HIDDEN = "hidden: no_log"
"""What stands in the place of all that a task with `no_log` would show."""


@dataclass(frozen=True)
class Address:
    """Where in a run an effect stands: the same each time that the same run is walked."""

    step: Step
    item: int
    attempt: int
    effect: int

    @property
    def attempted(self) -> tuple[int, ...]:
        """Which attempt at which item it belongs to."""
        return (*self.step, self.item, self.attempt)

    def __str__(self) -> str:
        """Such as `0.12.0.1.0`."""
        return ".".join(str(number) for number in (*self.step, self.item, self.attempt, self.effect))


@dataclass(frozen=True, kw_only=True)
class Order:
    """An effect that is going to be carried out, for a task, as somebody."""

    effect: Effect
    become: Become | None
    task: Task
    address: Address
    undoes: int = 0
    """The number of the change that it takes back; 0: it takes none back."""

    @cached_property
    def undo(self) -> Undo | NoUndo:
        """What takes it back, as far as it is known before."""
        return self.effect.undo()

    @property
    def change(self) -> str:
        """What it does, in one line for people."""
        return HIDDEN if self.task.no_log else self.effect.summary()

    def intent(self, host: str) -> Intent:
        """What is journalled before it is sent."""
        hidden = self.task.no_log
        return Intent(
            host=host,
            task=self.task.name,
            change=self.change,
            address=str(self.address),
            undo=kept_undo(self.undo, self.become, self.effect.touches(), no_log=hidden),
            secret=hidden,
            undoes=self.undoes,
            claimed=kept_claim(self.effect, self.become),
        )

    def made(self, number: int) -> Change | None:
        """The change that it has made, by the intent's number; None if there is nothing to take back."""
        if isinstance(self.undo, NoUndo) or not self.undo.effects:
            return None
        return Change(
            number=number,
            step=self.address.step,
            task=self.task.name,
            change=self.change,
            become=self.become,
            undo=self.undo,
            no_log=self.task.no_log,
            place=self.address.attempted,
            claim=str(self.address) if self.effect.once else "",
        )
