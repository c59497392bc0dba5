"""Order: load or end a task of a Domino server, proved by what `show tasks` answers afterwards."""

import time
from dataclasses import replace
from typing import Any, ClassVar

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.effects.base import Effect, NoUndo
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino import POLL, DominoState, DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.domino_lines import LogLines
from remediate.facts.domino_log import TaskLine
from remediate.facts.domino_task import AwaitTask, TaskReply, TaskWatch, has_task
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class ConsoleTask(Effect):
    """Send `command`, and ask until the task `name` is loaded, or is not any more.

    With `success`, a line after the command must match it, too. One that matches `failure` ends the wait, and
    so does the first answer after `patience` seconds; `cure` is what to do then.
    """

    once: ClassVar[bool] = True
    proves_itself: ClassVar[bool] = True

    console: Console
    name: str
    loaded: bool
    command: str
    success: str | None = None
    failure: str | None = None
    cure: str | None = None
    patience: float = 120.0

    @property
    def deadline(self) -> float:  # type: ignore[override]
        """Seconds within which the last answer must be there."""
        return self.patience + DominoTasks.deadline

    def summary(self) -> str:
        """The command, as a person would type it."""
        return f"console command '{self.command}' on {self.console.data}"

    def diff(self) -> str:
        """The task, come or gone, and the command for it."""
        return f"{'+' if self.loaded else '-'} task {self.name}, by console: {self.command}\n"

    def script(self) -> str:
        """Note where the log ends, then send."""
        return self.console.ask(self.command)

    def judge(self, output: Output) -> Follow[TaskReply]:
        """The server's tasks will tell.

        Raises:
            TaskFailed: if the command could not be sent.
        """
        watch = TaskWatch(
            console=self.console,
            name=self.name,
            loaded=self.loaded,
            command=self.command,
            offset=self.console.sent(output),
            until=time.monotonic() + self.patience,
            success=self.success,
            failure=self.failure,
        )
        return Follow(AwaitTask(watch=watch), POLL)

    def conclude(self, answer: TaskReply) -> dict[str, Any]:
        """The console's lines since the command.

        Raises:
            TaskFailed: if the task is not as it should be, or one of the lines is a failure's.
        """
        if answer.failure:
            raise TaskFailed(answer.failure, cure=self.cure)
        return {"lines": list(answer.lines)}

    def undo(self) -> NoUndo:
        """What a task does while it runs, or would have done, nobody knows."""
        if self.loaded:
            return NoUndo(why=f"what task {self.name} does once it is loaded is not known")
        return NoUndo(why=f"how task {self.name} was loaded before is not known")

    def expected(self) -> dict[str, Any]:
        """What the console will say is unknown."""
        return {"lines": Unknown(f"the console's answer to '{self.command}'")}

    def touches(self) -> frozenset[str]:
        """The server's state; what is loaded may also write into its data directory."""
        return frozenset({self.console.resource, *((self.console.data,) if self.loaded else ())})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The tasks, with this one or without it. The end of a task leaves its documents as they are."""
        if isinstance(fact, DominoTasks) and fact.console == self.console:
            return self._with_task(answer)
        after = super().foretell(fact, answer)
        if self.loaded or fact.opaque or after is answer:
            return after
        if isinstance(fact, LogLines) and isinstance(answer, Known):
            return Provisional(answer.value, self.summary())
        return answer

    def _with_task(self, answer: Answer) -> Answer:
        if isinstance(answer, Unknown):
            return answer
        state: DominoState = answer.value
        if has_task(state, self.name) == self.loaded:
            return answer
        tasks = tuple(task for task in state.tasks if task.name.lower() != self.name.lower())
        if self.loaded:
            description: Any = Unknown(self.summary())
            tasks += (TaskLine(name=self.name, description=description),)
        return replace(answer, value=replace(state, tasks=tasks))
