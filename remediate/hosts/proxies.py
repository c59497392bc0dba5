"""ssh_config's ProxyCommand: a program whose standard input and output are the connection to a host."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from typing import IO

from remediate.hosts.sockets import BufferedSocket
from remediate.secrecy import whole_or_counted

_SHELL = "/bin/sh"
_SETTLING = 0.5
"""Seconds that it gets to end by itself, once it has closed the connection."""
_ENDING = 1.0
"""Seconds that it gets to end when it is told to."""
_TAIL = 4096
_LINES = 3
_LONGEST = 200


class ProxySocket(BufferedSocket):
    """What paramiko needs of a socket, with a program at its other end, which ends with it."""

    def __init__(self, command: str) -> None:
        """Start it as OpenSSH does, by a shell that it takes the place of.

        Raises:
            OSError: there is no room for another process, file or socket.
        """
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        self._lock = threading.Lock()
        self.status: int | None = None
        """What it ended with by itself; None while it runs, and if it was made to end."""
        self.last_words = ""
        """The end of what it has complained of, in one line; known when it is closed."""
        # No pipe, in which it would wait for a reader once that is full.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the connection
        with theirs:
            self._process = subprocess.Popen(
                [_SHELL, "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._said,
                # Ctrl-C at our terminal is not meant for it, nor can it ask there.
                start_new_session=True,
            )

    def close(self) -> None:
        """End the connection and the program, and note how it ended."""
        with self._lock:
            first = not self._said.closed
            if first:
                self._look()
            super().close()
            if first:
                self._said.close()
                self._stop()

    def _look(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.status = self._process.wait(_SETTLING if self._is_hung_up() else 0)
        self.last_words = _last_words(self._said)

    def _is_hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), 0)  # only what is always told: that the other end is closed
        return bool(poll.poll(0))

    def _stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with contextlib.suppress(OSError):  # another user's; it sees that nobody is there any more
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)


def _last_words(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL))
    text = said.read().decode("utf-8", "replace")
    lines = [
        " ".join("".join(c if c.isprintable() else " " for c in line).split()) for line in text.split("\n")
    ]
    return "; ".join(whole_or_counted(line, _LONGEST) for line in [*filter(None, lines)][-_LINES:])
