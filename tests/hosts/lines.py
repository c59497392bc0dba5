"""A real server, and the ways in which what is connected to it is lost."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from claims import until
from sshd import Sshd, children

from remediate.engine.state import HostState
from remediate.records import dataclass


@dataclass
class Line:
    """A server, and the way to cut all that is connected to it."""

    server: Sshd
    state: HostState
    root: Path

    def cut(self) -> None:
        """As when the line is cut: what serves the connection is killed, what it has started is not."""
        for session in self.server.sessions():
            for process in (session, *children(session)):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended by itself
                    if b"sshd" in Path(f"/proc/{process}/cmdline").read_bytes():
                        os.kill(process, signal.SIGKILL)

    def hang(self) -> list[int]:
        """As when the server hangs: what serves the connection is stopped, and stays; its processes."""
        found = [each for session in self.server.sessions() for each in (session, *children(session))]
        stopped = []
        for each in found:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended by itself
                if b"sshd" in Path(f"/proc/{each}/cmdline").read_bytes():
                    os.kill(each, signal.SIGSTOP)
                    stopped.append(each)
        return stopped

    def vanish(self) -> None:
        """As when it is switched off: nobody is connected, and nobody listens."""
        sessions = self.server.sessions()
        self.server.stop()
        for each in sessions:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.kill(each, signal.SIGKILL)

    def cut_when(self, holds: Any) -> threading.Thread:
        """Cut it as soon as something holds."""

        def work() -> None:
            until(holds)
            self.cut()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def cut_at(self, moments: Iterable[float]) -> threading.Thread:
        """Cut it each time that some seconds have passed."""

        def work() -> None:
            for seconds in moments:
                time.sleep(seconds)
                self.cut()

        thread = threading.Thread(target=work)
        thread.start()
        return thread
