"""What the tasks of one host share while a play runs."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.effects.look_again import LookAgain
from remediate.effects.pause import Pause
from remediate.engine.agenda import NO_AGENDA, Agenda
from remediate.engine.convoy import Decision, Sent
from remediate.engine.doubt import Perhaps
from remediate.engine.events import Event, Printed
from remediate.engine.keeping import JUDGED_FAILED
from remediate.engine.memory import Memory
from remediate.engine.order import Order
from remediate.engine.past import NO_PAST, Change, Past
from remediate.engine.prompts import Prompts
from remediate.engine.streaming import Tell
from remediate.engine.variables import Setting
from remediate.engine.warrant import ANYTHING, Warrant
from remediate.engine.workshop import Kept
from remediate.errors import RemediateError, TaskFailed
from remediate.hosts.target import Become
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.store.journal import DONE, Journal


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
    rehearsal: list[Decision] | None = None
    """Gets what is decided where it is only looked at ahead, on a copy of the memory; None: it is done."""
    tell: Callable[[Event], None] | None = None
    """Gets what happens while a task is under way; None if nobody wants to see it."""
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    """What is around a time in which there is nothing to do for the host."""

    @property
    def stopped(self) -> bool:
        """Whether to go no further: not before the turns of all tasks for which all was sent."""
        return self.stop.asked and not self.memory.convoy.under_way

    def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the moment when the run is to end."""
        with self.waiting():
            self.stop.sleep(seconds)

    def carry_out(self, order: Order) -> dict[str, Any]:
        """Journal an effect, change the host, and journal how it went; once, also if it is gone ahead.

        Raises:
            TaskFailed: it cannot be journalled, or see HostState.carry_out.
            Unreachable: see HostState.carry_out.
        """
        if isinstance(order.effect, Pause):
            return self._pause(order.effect)
        if self.memory.rewound and self.memory.rewound.at(order.address.attempted):
            self.found_made(self.memory.rewound.wind(self.memory.state))
            return {}
        sent = self.memory.convoy.sent(order.address)
        if sent is not None:
            return self._settle(sent)
        self.memory.state.prepare_claim(order.effect, order.become)
        (intent,) = self.journal.intend([order.intent(self.memory.name)])
        try:
            outcome = self._send(order)
        except RemediateError as error:
            self.journal.conclude(intent, type(error).__name__)
            raise
        self.journal.conclude(intent, DONE)
        self.memory.keep(order, intent)
        return outcome

    def found_made(self, made: Change) -> None:
        """Journal as done what was sent before a connection, or the run, broke, and is found made."""
        self.journal.conclude(made.number, DONE, self.memory.name)
        self.memory.keep_made(made)

    def adopt(self, order: Order) -> None:
        """Journal as done what an earlier part of the run, or another run, had sent, and is found done.

        Raises:
            TaskFailed: it cannot be journalled.
        """
        (intent,) = self.journal.intend([order.intent(self.memory.name)])
        self.journal.conclude(intent, DONE)

    def _settle(self, sent: Sent) -> dict[str, Any]:
        """What came of an order that went to the host ahead of its task's turn."""
        if sent.error is not None:
            self.memory.state.unlearn(sent.laid)
            raise sent.error
        self.memory.state.lay(sent.laid, sent.found)
        self.memory.keep(sent.order, sent.intent)
        return {}

    def _send(self, order: Order) -> dict[str, Any]:
        if isinstance(order.effect, LookAgain):
            self.agenda.settle(self.memory.name, order.effect)
            return {}
        begun = self.past.has_begun(self.memory.name, order.address.attempted)
        live, key = self._live(order.task), str(order.address)
        return self.memory.state.carry_out(order.effect, order.become, key, live, begun=begun)

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
            case "left":
                raise TaskFailed(
                    f"the input ended before a person said that this is done: {effect.in_one_line()}",
                    cure="do it, and run it again",
                )
            case "stopped":
                self.memory.ended = "stopped"
                raise TaskFailed(f"the run was stopped before a person did this: {effect.in_one_line()}")
        self.memory.state.forget_all()
        return {}

    def foresee(
        self, effect: Effect, become: Become | None, task: Task, doubt: str | None = None
    ) -> dict[str, Any]:
        """Lay an effect over what is known; what a dry run registers in place of its outcome.

        `doubt` says what may yet change the answers on which it rests; None if nothing may.
        """
        if self.rehearsal is not None:
            return effect.expected()  # it is laid over what is known already
        if isinstance(effect, LookAgain):
            self.agenda.foresee(effect)
        by = f"task '{task.name}'"
        laid = effect if doubt is None else Perhaps(effect=effect, why=doubt, likely=True)
        self.memory.state.foresee(laid, by, become)
        expected = effect.expected()
        return {
            name: Unknown(by) if isinstance(value, Unknown) else value for name, value in expected.items()
        }
