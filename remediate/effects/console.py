"""Order: a command on a Domino server's console, with its answer awaited in the console log."""

import re
from typing import Any, ClassVar

from remediate.answers import Answer, Unknown
from remediate.effects.base import Effect, NoUndo
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino import POLL, AwaitReply, ConsoleReply, DominoTasks, words_after
from remediate.facts.domino_console import Console
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class ConsoleCommand(Effect):
    """Send `command`; only a line that matches `success` and comes after it counts as success.

    Without `success` nothing is waited for, and nothing is proven. `cure` is what to do if it fails.
    """

    once: ClassVar[bool] = True

    console: Console
    command: str
    success: str | None = None
    failure: str | None = None
    cure: str | None = None
    deadline: float = 120.0

    def summary(self) -> str:
        """The command, as a person would type it."""
        return f"console command '{self.command}' on {self.console.data}"

    def diff(self) -> str:
        """The command, and what is awaited."""
        return f"~ console: {self.command}\n  awaits: {self.success or 'nothing'}\n"

    def script(self) -> str:
        """Note where the log ends, then send."""
        return self.console.ask(self.command)

    def judge(self, output: Output) -> Follow[ConsoleReply]:
        """The log will tell.

        Raises:
            TaskFailed: if the command could not be sent.
        """
        offset = self.console.sent(output)
        reply = AwaitReply(
            console=self.console,
            command=self.command,
            offset=offset,
            success=self.success,
            failure=self.failure,
            cure=self.cure,
        )
        return Follow(reply, POLL)

    def conclude(self, answer: ConsoleReply) -> dict[str, Any]:
        """The console's lines.

        Raises:
            TaskFailed: if the line that decided is one of failure.
        """
        if not answer.succeeded:
            raise TaskFailed(
                f"after '{self.command}' the console said '{answer.line.strip()}'; "
                + words_after(self.command, answer.lines),
                cure=self.cure,
            )
        return {"lines": list(answer.lines), "line": answer.line, "failed": False, "command": self.command}

    def undo(self) -> NoUndo:
        """The server takes back no command."""
        return NoUndo(why=f"what the console command '{self.command}' does, no other takes back for sure")

    def expected(self) -> dict[str, Any]:
        """What the console will say is unknown."""
        why = Unknown(f"the console's answer to '{self.command}'")
        return {"lines": why, "line": why, "failed": why, "command": self.command}

    def touches(self) -> frozenset[str]:
        """The server's state, and whatever lies in its data directory."""
        return frozenset({self.console.resource, self.console.data})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Replication brings documents, and neither loads nor ends a task."""
        if isinstance(fact, DominoTasks) and _REPLICATION.match(self.command):
            return answer
        return super().foretell(fact, answer)


_REPLICATION = re.compile(r"\s*(?:replicate|pull|push)\s", re.IGNORECASE)
