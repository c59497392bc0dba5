"""Questions to a Domino server: which tasks run, and what it says after a command.

The answer to a console command comes later (see `domino_console`), so a question is followed by another one
until the answer is whole.
"""

import re
from dataclasses import replace
from typing import Any

from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino_console import AnswerPlace, Console, removal
from remediate.facts.domino_log import (
    ServerInfo,
    TaskLine,
    besides_answers,
    parse_server,
    parse_tasks,
    same_directory,
    tasks_header,
)
from remediate.records import dataclass

POLL = 0.2
"""Seconds between two looks at the console log."""

_QUIET = 5
_ROTATED, _HALF = 10, 25
"""Looks in vain, after a new log began or for one of two answers, until the question is put again."""


@dataclass(frozen=True, kw_only=True)
class DominoState:
    """Which server answered, and which tasks it runs."""

    server: ServerInfo
    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, kw_only=True)
class DominoTasks(Fact[DominoState]):
    """`show tasks` and `show server`, asked together: the second says which partition answered.

    They are put once more where one of the answers is lost, as when the log is rotated between them.
    """

    console: Console
    deadline: float = 30.0

    def ask(self) -> str:
        """Both commands; their answers come later."""
        return self.console.question("show tasks", "show server")

    def parse(self, output: Output) -> Follow[DominoState]:
        """The log will tell."""
        return Follow(_TasksReply(asked=self, answer=self.console.answer_place(output)), POLL)

    def judged(self, state: DominoState) -> DominoState:
        """The same, if it is the right server's.

        Raises:
            TaskFailed: if another one answered.
        """
        if not same_directory(state.server.directory, self.console.data):
            raise TaskFailed(
                f"another Domino partition answered: its server directory is {state.server.directory}, "
                f"not {self.console.data}",
                cure="domino_data must be the data directory of the server that is meant",
            )
        return state

    def about(self) -> str:
        """Of which server."""
        return f"tasks of the Domino server in {self.console.data}"

    def lasting(self, answer: Any) -> Any:
        """Which server it is and which tasks it runs; what they are doing changes all the time."""
        return (answer.server.directory, sorted({task.name.lower() for task in answer.tasks}))

    def reads(self, resource: str) -> bool:
        """A console command to this server."""
        return resource == self.console.resource


@dataclass(frozen=True, kw_only=True)
class _TasksReply(Fact[DominoState]):
    asked: DominoTasks
    answer: AnswerPlace
    seen: tuple[str, ...] = ()
    quiet: int = 0
    rotated: bool = False
    missed: int = 0
    again: bool = True

    def ask(self) -> str:
        return self.asked.console.read(self.answer)

    def parse(self, output: Output) -> DominoState | Follow[DominoState]:
        console = self.asked.console
        lines = console.lines_read(output)
        if console.began_anew(self.answer, output):
            return replace(self, answer=AnswerPlace(), rotated=True)._looked(lines)
        return self._looked(lines)

    def _looked(self, lines: tuple[str, ...]) -> DominoState | Follow[DominoState]:
        quiet = self.quiet + 1 if lines == self.seen else 0
        server, tasks = parse_server(lines), parse_tasks(lines)
        # Nothing marks the end of the tasks. They are whole when the answer to the command sent after
        # them is there; should the answers come the other way round, when the log has been quiet.
        in_order = parse_server(lines[tasks_header(lines) :]) is not None
        if server is None or not tasks or not (in_order or quiet >= _QUIET):
            lost = self.rotated or (server is None) == bool(tasks)
            waits = replace(self, seen=lines, quiet=quiet, missed=self.missed + 1 if lost else 0)
            return waits._next()
        state = DominoState(server=server, tasks=tasks)
        if self.answer.files:
            return Follow(_Tidied(asked=self.asked, state=state, files=self.answer.files), 0)
        return self.asked.judged(state)

    def _next(self) -> Follow[DominoState]:
        # What came into a log that was rotated meanwhile is not looked for there: to ask does no harm.
        in_vain = self.missed >= (_ROTATED if self.rotated else _HALF)
        if self.again and in_vain and not self.answer.files:
            return Follow(_PutAgain(reply=self), 0)
        return Follow(self, POLL)

    def overdue(self) -> str:
        into = f" in {' and '.join(self.answer.files)}" if self.answer.files else ""
        return f"show tasks and show server were not answered{into}; " + console_words(self.seen)

    def reads(self, resource: str) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class _PutAgain(Fact[DominoState]):
    """The same question once more, as an answer was lost."""

    reply: _TasksReply

    def ask(self) -> str:
        return self.reply.asked.ask()

    def parse(self, output: Output) -> Follow[DominoState]:
        asked = self.reply.asked
        answer = asked.console.answer_place(output)
        return Follow(_TasksReply(asked=asked, answer=answer, again=False), POLL)

    def overdue(self) -> str:
        return self.reply.overdue()

    def reads(self, resource: str) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class _Tidied(Fact[DominoState]):
    """The answer, once its own files are gone."""

    asked: DominoTasks
    state: DominoState
    files: tuple[str, ...]

    def ask(self) -> str:
        return removal(self.files)

    def parse(self, output: Output) -> DominoState:
        return self.asked.judged(self.state)

    def reads(self, resource: str) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class ConsoleReply:
    """What the console log said after a command: the lines, and the one that decided."""

    lines: tuple[str, ...]
    line: str
    succeeded: bool


@dataclass(frozen=True, kw_only=True)
class AwaitReply(Fact[ConsoleReply]):
    """The console log from an offset on, until a line matches one of two regular expressions, in any case.

    Without `success`, what is there at the first look.
    """

    console: Console
    command: str
    offset: int
    success: str | None
    failure: str | None
    cure: str | None = None
    seen: tuple[str, ...] = ()

    def ask(self) -> str:
        """The log from the offset on."""
        return self.console.read_from(self.offset)

    def parse(self, output: Output) -> ConsoleReply | Follow[ConsoleReply]:
        """The reply, once a line decides."""
        lines = self.console.lines_read(output)
        if self.success is None:
            return ConsoleReply(lines=lines, line="", succeeded=True)
        for line in lines:
            if re.search(self.success, line, re.IGNORECASE):
                return ConsoleReply(lines=lines, line=line, succeeded=True)
            if self.failure is not None and re.search(self.failure, line, re.IGNORECASE):
                return ConsoleReply(lines=lines, line=line, succeeded=False)
        return Follow(replace(self, seen=lines), POLL)

    def overdue(self) -> str:
        """What was awaited, and the console's own words."""
        cure = f" ({self.cure})" if self.cure else ""
        words = words_after(self.command, self.seen)
        return f"after '{self.command}' no line matched '{self.success}'; {words}{cure}"

    def reads(self, resource: str) -> bool:
        """Every change: it is asked once."""
        return True


def console_words(lines: tuple[str, ...]) -> str:
    """The last lines of the console, for a message."""
    said = [line.strip() for line in lines if line.strip()]
    return "the console said: " + " | ".join(said[-5:]) if said else "the console said nothing"


_SHOWN = 8
_VERBS = {"tell", "load", "quit", "pull", "push"}


def words_after(command: str, lines: tuple[str, ...]) -> str:
    """What of the lines since a command is most likely about it, for a message.

    On a busy server hundreds come before a deadline passes: those right after the command, those that name
    what it names, and the last ones are shown; no answers to questions, and nothing twice.
    """
    said = list(dict.fromkeys(line.strip() for line in besides_answers(lines) if line.strip()))
    names = {word.lower() for word in re.findall(r"[A-Za-z]\w{2,}", command)} - _VERBS
    near = {*range(4), len(said) - 2, len(said) - 1}
    about = [
        line
        for number, line in enumerate(said)
        if number in near or any(name in line.lower() for name in names)
    ]
    shown = about if len(about) <= _SHOWN else [*about[:3], *about[3 - _SHOWN :]]
    return "the console said: " + " | ".join(shown) if shown else "the console said nothing"
