"""A channel's two streams, read in few pieces: a bell rings when there is enough to wake their reader."""

import contextlib
import threading
from collections import deque

from remediate.hosts.framing import END

_FEW = 8
"""Pieces that may lie in a basket before their reader is woken for them."""


class Bell:
    """Rung when something has come on either of a channel's two streams.

    A lock that is let go of by whoever rings: a `threading.Event` takes several times as long.
    """

    def __init__(self) -> None:
        self._silence = threading.Lock()
        self._silence.acquire()

    def set(self) -> None:
        """Ring it; once is enough."""
        with contextlib.suppress(RuntimeError):  # it has been rung already
            if self._silence.locked():
                self._silence.release()

    def wait(self, seconds: float) -> bool:
        """Whether it was rung in this time, or since it was last waited for."""
        return self._silence.acquire(timeout=max(seconds, 0.0))


class Basket:
    """What has come on one stream, in place of paramiko's buffer, which wakes its reader for each packet.

    One thread feeds it, another reads it.
    """

    awaited = b""
    """The bell is rung when this has come, or more than a few pieces have."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._pieces: deque[bytes] = deque()
        self._last = b""  # bytes: what is awaited may come in two pieces

    def feed(self, data: bytes) -> None:
        """A piece has come."""
        self._pieces.append(data)
        recent = self._last + data
        if self.awaited in recent or len(self._pieces) > _FEW:
            self._bell.set()
        self._last = recent[1 - len(END) :]

    def close(self) -> None:
        """Nothing more will come."""
        self._bell.set()

    def read_ready(self) -> bool:
        """Whether there is anything to read."""
        return bool(self._pieces)

    def read(self, _size: int, _timeout: float | None) -> bytes:
        """All that has come and was not read yet."""
        return b"".join([self._pieces.popleft() for _ in range(len(self._pieces))])
