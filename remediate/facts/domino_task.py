"""A question to a Domino server that goes on until a task is loaded, or is not any more."""

import re
from dataclasses import dataclass, replace

from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino import DominoState, DominoTasks, console_words
from remediate.facts.domino_console import Console
from remediate.facts.domino_log import besides_answers

AGAIN = 1.0
"""Seconds between two questions; what ends at once, as for want of a licence, is not there at the second."""


@dataclass(frozen=True, kw_only=True)
class TaskReply:
    """How the wait for a task ended, and what the console said since the command.

    `refusal` is the line that says it is in vain; empty if the task is as it should be.
    """

    lines: tuple[str, ...]
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskWatch:
    """What is waited for: the task `name` to be loaded or not, after a command that was sent at `offset`.

    A line since then that matches the regular expression `failure`, in any case, ends the wait. `cure` is
    what to do if it is in vain.
    """

    console: Console
    name: str
    loaded: bool
    command: str
    offset: int
    failure: str | None = None
    cure: str | None = None

    def is_loaded(self, state: DominoState) -> bool:
        """Whether the task is there."""
        return has_task(state, self.name)


@dataclass(frozen=True, kw_only=True)
class AwaitTask(Fact[TaskReply]):
    """`show tasks` until the task is as it should be; one that is to be loaded must be there twice."""

    watch: TaskWatch
    question: Fact[DominoState] | None = None
    state: DominoState | None = None
    lines: tuple[str, ...] = ()
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
        """What the task is, and what the console said since the command."""
        if self.state is None and not self.lines:
            return f"after '{self.watch.command}' {self._question().overdue()}"
        so = "is not loaded" if self.watch.loaded else "is still loaded"
        cure = f" ({self.watch.cure})" if self.watch.cure else ""
        return f"after '{self.watch.command}' {self.watch.name} {so}; {words_since(self.lines)}{cure}"

    def reads(self, resource: str) -> bool:
        """Every change: it is asked once."""
        return True

    def _judged(self, state: DominoState, lines: tuple[str, ...]) -> TaskReply | Follow[TaskReply]:
        failure = self.watch.failure
        if failure is not None:
            for line in lines:
                if re.search(failure, line, re.IGNORECASE):
                    return TaskReply(lines=lines, refusal=line)
        agreed = self.agreed + 1 if self.watch.is_loaded(state) == self.watch.loaded else 0
        if agreed == (2 if self.watch.loaded else 1):
            return TaskReply(lines=lines)
        return Follow(replace(self, state=None, lines=lines, agreed=agreed), AGAIN)

    def _question(self) -> Fact[DominoState]:
        return self.question or DominoTasks(console=self.watch.console)

    def _log(self) -> str:
        return self.watch.console.read_from(self.watch.offset)


def has_task(state: DominoState, name: str) -> bool:
    """Whether a task of this name is loaded; capitals do not count, as everybody writes them otherwise."""
    return name.lower() in {task.name.lower() for task in state.tasks}


def words_since(lines: tuple[str, ...]) -> str:
    """What the console said besides the answers to the questions, for a message."""
    return console_words(tuple(dict.fromkeys(besides_answers(lines))))
