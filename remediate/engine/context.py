"""What the tasks of one host share while a play runs."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.look_again import LookAgain
from remediate.effects.pause import Pause
from remediate.engine.agenda import NO_AGENDA, Agenda
from remediate.engine.events import Event, Printed, Step
from remediate.engine.keeping import JUDGED_FAILED, kept_claim, kept_undo
from remediate.engine.memory import Memory
from remediate.engine.past import NO_PAST, Change, Past, under
from remediate.engine.prompts import Prompts
from remediate.engine.streaming import Tell
from remediate.engine.variables import Setting
from remediate.engine.warrant import ANYTHING, Warrant
from remediate.engine.workshop import Kept
from remediate.errors import RemediateError, TaskFailed
from remediate.hosts.target import Become
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Task
from remediate.store.journal import Intent, Journal

HIDDEN = "hidden: no_log"
"""What stands in the place of all that a task with `no_log` would show."""


class Stop:
    """A request to end: set once, read by every host between two tasks."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.why = ""

    def ask(self, why: str) -> None:
        """Let every host end after the effects under way. Only the first reason counts."""
        if not self._asked.is_set():
            self.why = why
            self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether to go no further."""
        return self._asked.is_set()

    def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the moment when it is asked."""
        self._asked.wait(seconds)


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
class Context:
    """One host's way through one play."""

    setting: Setting
    memory: Memory
    catalog: Catalog
    journal: Journal
    prompts: Prompts
    stop: Stop = field(default_factory=Stop)
    warrant: Warrant = ANYTHING
    past: Past = NO_PAST
    agenda: Agenda = NO_AGENDA
    ahead: Kept = field(default_factory=dict)
    """Modules that were built before their tasks' turn."""
    tell: Callable[[Event], None] | None = None
    """Gets what happens while a task is under way; None if nobody wants to see it."""
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    """What is around a time in which there is nothing to do for the host."""

    def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the moment when the run is to end."""
        with self.waiting():
            self.stop.sleep(seconds)

    def carry_out(
        self,
        effect: Effect,
        become: Become | None,
        task: Task,
        address: Address,
        *,
        undoes: int = 0,
    ) -> dict[str, Any]:
        """Journal an effect, change the host, and journal how it went.

        `undoes` is the number of the change that is taken back by it; 0: it takes none back.

        Raises:
            TaskFailed: it cannot be journalled, or see HostState.carry_out.
            Unreachable: see HostState.carry_out.
        """
        if isinstance(effect, Pause):
            return self._pause(effect)
        self.memory.state.prepare_claim(effect, become)
        undo, change = effect.undo(), HIDDEN if task.no_log else effect.summary()
        intent = self.journal.intend(
            Intent(
                host=self.memory.name,
                task=task.name,
                change=change,
                address=str(address),
                undo=kept_undo(undo, become, effect.touches(), no_log=task.no_log),
                secret=task.no_log,
                undoes=undoes,
                claimed=kept_claim(effect, become),
            )
        )
        try:
            outcome = self._send(effect, become, task, address)
        except RemediateError as error:
            self.journal.conclude(intent, type(error).__name__)
            raise
        self.journal.conclude(intent, "done")
        if isinstance(undo, NoUndo):
            done, touched = self.memory.done, effect.touches() or ()
            done[:] = [under(change, touched, each) for each in done]
        if isinstance(undo, Undo) and undo.effects:
            step = address.step
            self.memory.done.append(
                Change(
                    number=intent,
                    step=step,
                    task=task.name,
                    change=change,
                    become=become,
                    undo=undo,
                    no_log=task.no_log,
                )
            )
        return outcome

    def _send(self, effect: Effect, become: Become | None, task: Task, address: Address) -> dict[str, Any]:
        if isinstance(effect, LookAgain):
            self.agenda.settle(self.memory.name, effect)
            return {}
        begun = self.past.has_begun(self.memory.name, address.attempted)
        return self.memory.state.carry_out(effect, become, str(address), self._live(task), begun=begun)

    def disown(self, since: int) -> None:
        """An attempt failed: whether its changes, those after the first `since`, were made is open.

        Where the host can show it, it does; what only its author knows how to take back is not taken back.
        """
        done = self.memory.done
        for number, change in enumerate(done[since:], since):
            if not change.undo.guards:
                self.journal.conclude(change.number, JUDGED_FAILED)
                done[number] = replace(change, doubtful=True)

    def _live(self, task: Task) -> Tell | None:
        """What shows the lines that a task's command prints."""
        tell = self.tell
        if tell is None or task.no_log:
            return None
        host = self.memory.name
        return lambda lines: tell(Printed(host=host, task=task.name, lines=tuple(lines)))

    def _pause(self, effect: Pause) -> dict[str, Any]:
        if effect.prompt is None:
            self.sleep(effect.seconds or 0)
            self.memory.state.forget_all()  # who waits wants to see what has become of it
            return {}
        # A person may take hours, and firewalls drop connections on which nothing happens for so long.
        self.memory.state.host.close()
        match self.prompts.wait(self.memory.name, effect.prompt, effect.word):
            case "nobody":
                raise TaskFailed(
                    f"a person was to do this first: {effect.in_one_line()}",
                    cure="run it at a terminal to be asked",
                )
            case "stopped":
                self.memory.ended = "stopped"
                raise TaskFailed(f"the run was stopped before a person did this: {effect.in_one_line()}")
        self.memory.state.forget_all()
        return {}

    def foresee(self, effect: Effect, become: Become | None, task: Task) -> dict[str, Any]:
        """Lay an effect over what is known; what a dry run registers in place of its outcome."""
        if isinstance(effect, LookAgain):
            self.agenda.foresee(effect)
        by = f"task '{task.name}'"
        self.memory.state.foresee(effect, by, become)
        expected = effect.expected()
        return {
            name: Unknown(by) if isinstance(value, Unknown) else value for name, value in expected.items()
        }
