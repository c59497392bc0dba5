"""Any command: it gets the message as JSON on its standard input."""

import contextlib
import os
import signal
import subprocess
import tempfile
from typing import IO

from remediate.errors import NotSent, NotSentYet
from remediate.notify.message import Message, one_line
from remediate.notify.tables import Table
from remediate.records import dataclass

_SAID = 300
"""Characters of what a command that failed said at its end."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """See Channel. No shell is in between."""

    name: str
    deadline: float
    arguments: tuple[str, ...]

    def secrets(self) -> tuple[str, ...]:
        """See Channel."""
        return ()

    def send(self, message: Message, identity: str) -> str:
        """See Channel. What the command has started and left is ended with it."""
        # Files and no pipes: a command that does not read, or leaves somebody behind, must not hold us up.
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(message.sent_as(identity))
            given.seek(0)
            try:
                code = self._run(given, said)
            except OSError as error:
                raise NotSent(f"{self.arguments[0]}: {error.strerror}") from None
            except subprocess.TimeoutExpired:
                raise NotSentYet(f"{self.arguments[0]} did not end within {self.deadline:g} s") from None
            if code:
                raise NotSent(f"{self.arguments[0]} ended with {code}{_end_of(said)}")
        return ""

    def _run(self, given: IO[bytes], said: IO[bytes]) -> int:
        with subprocess.Popen(
            self.arguments, stdin=given, stdout=said, stderr=said, start_new_session=True
        ) as process:
            try:
                return process.wait(self.deadline)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _end_of(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _SAID))
    words = one_line(said.read().decode("utf-8", "replace"))
    return f": {words}" if words else ""


def command_of(table: Table) -> Command:
    """The command that a table describes."""
    return Command(name=table.name, deadline=table.seconds(), arguments=table.texts("arguments"))
