"""A question to a Domino server that goes on until a task is loaded, or is not any more."""

import re
import time
from dataclasses import replace

from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino import DominoState, DominoTasks, words_after
from remediate.facts.domino_console import Console
from remediate.records import dataclass

AGAIN = 1.0
"""Seconds between two questions; what ends at once, as for want of a licence, is not there at the second."""


@dataclass(frozen=True, kw_only=True)
class TaskReply:
    """What the console said since the command, and why the wait for the task was in vain, if it was."""

    lines: tuple[str, ...]
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskWatch:
    """What is waited for: the task `name` to be loaded or not, after a command that was sent at `offset`.

    With `success`, a line since then must match that regular expression, too. One that matches `failure`
    ends the wait, in any case; so does the first answer after `until` (of the monotonic clock), as a slow
    console is still answering until then.
    """

    console: Console
    name: str
    loaded: bool
    command: str
    offset: int
    until: float
    success: str | None = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class AwaitTask(Fact[TaskReply]):
    """`show tasks` until the task is as it should be; one that is to be loaded must be there twice."""

    watch: TaskWatch
    question: Fact[DominoState] | None = None
    state: DominoState | None = None
    agreed: int = 0

    def ask(self) -> str:
        """The question, or the log since the command once it is answered."""
        asked = self._question().ask() if self.state is None else self._log()
        return str(asked)

    def parse(self, output: Output) -> TaskReply | Follow[TaskReply]:
        """The reply; or the next look."""
        if self.state is None:
            answer = self._question().parse(output)
            if isinstance(answer, Follow):
                return Follow(replace(self, question=answer.fact), answer.after)
            return Follow(replace(self, question=None, state=answer), 0)
        return self._judged(self.state, self.watch.console.lines_read(output))

    def overdue(self) -> str:
        """That the console does not answer any more."""
        return f"after '{self.watch.command}' {self._question().overdue()}"

    def reads(self, resource: str) -> bool:
        """Every change: it is asked once."""
        return True

    def _judged(self, state: DominoState, lines: tuple[str, ...]) -> TaskReply | Follow[TaskReply]:
        watch = self.watch
        words = words_after(watch.command, lines)
        failed = _match(watch.failure, lines)
        if failed is not None:
            said = f"the console said '{failed.strip()}'; {words}"
            return TaskReply(lines=lines, failure=f"after '{watch.command}' {said}")
        agreed = min(self.agreed + 1, 2) if has_task(state, watch.name) == watch.loaded else 0
        enough = agreed == (2 if watch.loaded else 1)
        heard = watch.success is None or _match(watch.success, lines) is not None
        if enough and heard:
            return TaskReply(lines=lines)
        if (enough or not agreed) and time.monotonic() >= watch.until:
            so = f"{watch.name} is not loaded" if watch.loaded else f"{watch.name} is still loaded"
            lacks = f"no line matched '{watch.success}'" if enough else so
            return TaskReply(lines=lines, failure=f"after '{watch.command}' {lacks}; {words}")
        return Follow(replace(self, state=None, agreed=agreed), AGAIN)

    def _question(self) -> Fact[DominoState]:
        return self.question or DominoTasks(console=self.watch.console)

    def _log(self) -> str:
        return self.watch.console.read_from(self.watch.offset)


def _match(pattern: str | None, lines: tuple[str, ...]) -> str | None:
    """The first line that matches, in any case; None also without a pattern."""
    if pattern is None:
        return None
    return next((line for line in lines if re.search(pattern, line, re.IGNORECASE)), None)


def has_task(state: DominoState, name: str) -> bool:
    """Whether a task of this name is loaded; capitals do not count, as everybody writes them otherwise."""
    return name.lower() in {task.name.lower() for task in state.tasks}
