"""Whether a server that says nothing is still there.

TCP notices that a line is gone, but not that a server hangs: its system answers in its place. So it is asked
over SSH, by a request that every server must answer (RFC 4254, section 4).
"""

import contextlib
import threading
import time
from typing import Any

QUIET = 15.0
"""Seconds without a word after which a server is asked."""
PATIENCE = 15.0
"""Seconds that it has for the answer."""


class Pulse:
    """That of a server for whose answer somebody waits, over a paramiko transport."""

    def __init__(self, transport: Any) -> None:
        """Nobody waits yet."""
        self._transport = transport
        self._heard = time.monotonic()
        self._answered: threading.Event | None = None

    def felt(self) -> None:
        """Something has come, or there was nothing to wait for."""
        self._heard = time.monotonic()

    def look(self) -> None:
        """Ask if it has been quiet for long; close the connection if the answer does not come either."""
        quiet = time.monotonic() - self._heard
        if self._answered is not None and self._answered.is_set():
            self._answered = None
            self.felt()
        elif self._answered is None and quiet > QUIET:
            self._answered = threading.Event()
            threading.Thread(target=self._ask, args=(self._answered,), daemon=True).start()
        elif quiet > QUIET + PATIENCE:
            self._transport.close()

    def _ask(self, answered: threading.Event) -> None:
        with contextlib.suppress(Exception):  # the connection may end at any moment: who waits tells it
            self._transport.global_request("keepalive@openssh.com", wait=True)
            if self._transport.is_active():
                answered.set()
