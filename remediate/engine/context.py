"""What the tasks of one host share while a play runs."""

import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.effects.pause import Pause
from remediate.engine.memory import Memory
from remediate.engine.variables import Setting
from remediate.errors import RemediateError, TaskFailed
from remediate.hosts.target import Become
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Task
from remediate.store.journal import Journal

HIDDEN = "hidden: no_log"
"""What stands in the place of all that a task with `no_log` would show."""


class Operator(Protocol):
    """The person at the terminal, if there is one."""

    def confirm(self, prompt: str) -> bool:
        """Show what is to be done and wait for a word; False without a terminal."""


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


class Prompts:
    """Pauses for a person: each is shown once for all hosts that come to it, and they all wait for it."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._lock = threading.Lock()
        self._answers: dict[str, bool] = {}

    def wait(self, prompt: str) -> bool:
        """Whether a person said go on."""
        with self._lock:
            if prompt not in self._answers:
                self._answers[prompt] = self._operator.confirm(prompt)
            return self._answers[prompt]


@dataclass(frozen=True, kw_only=True)
class Context:
    """One host's way through one play."""

    setting: Setting
    memory: Memory
    catalog: Catalog
    journal: Journal
    prompts: Prompts
    stop: Stop = field(default_factory=Stop)

    def carry_out(self, effect: Effect, become: Become | None, task: Task) -> dict[str, Any]:
        """Journal an effect, change the host, and journal how it went.

        Raises:
            TaskFailed: it cannot be journalled, or see HostState.carry_out.
            Unreachable: see HostState.carry_out.
        """
        if isinstance(effect, Pause):
            return self._pause(effect)
        change = HIDDEN if task.no_log else effect.summary()
        intent = self.journal.intend(self.memory.name, task.name, change)
        try:
            outcome = self.memory.state.carry_out(effect, become)
        except RemediateError as error:
            self.journal.conclude(intent, type(error).__name__)
            raise
        self.journal.conclude(intent, "done")
        return outcome

    def _pause(self, effect: Pause) -> dict[str, Any]:
        if effect.prompt is None:
            self.stop.sleep(effect.seconds or 0)
            self.memory.state.forget_all()  # who waits wants to see what has become of it
            return {}
        if not self.prompts.wait(effect.prompt):
            raise TaskFailed(
                f"a person was to do this first: {effect.prompt}", cure="run it at a terminal to be asked"
            )
        self.memory.state.forget_all()
        return {}

    def foresee(self, effect: Effect, task: Task) -> dict[str, Any]:
        """Lay an effect over what is known; what a dry run registers in place of its outcome."""
        by = f"task '{task.name}'"
        self.memory.state.foresee(effect, by)
        expected = effect.expected()
        return {
            name: Unknown(by) if isinstance(value, Unknown) else value for name, value in expected.items()
        }
