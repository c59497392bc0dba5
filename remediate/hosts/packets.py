"""paramiko's packets with less work for each: they are cut from what has been read ahead, without a timer."""

import time
from typing import Any

from paramiko.packet import Packetizer

from remediate.hosts.sockets import BufferedSocket


class Packets(Packetizer):
    """The packets of one connection."""

    _until: float | None = None
    """When the handshake must have begun to move, while it has not."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self._ahead = sock if isinstance(sock, BufferedSocket) else None

    def start_handshake(self, timeout: float) -> None:
        """Begin to look at the clock; a `threading.Timer` would be a thread for each connection."""
        self._until = time.monotonic() + timeout

    def handshake_timed_out(self) -> bool:
        """Whether the handshake has taken too long; called before each wait for the peer."""
        return self._until is not None and time.monotonic() > self._until

    def complete_handshake(self) -> None:
        """Look at the clock no more; called after each message."""
        self._until = None

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """So many bytes, waiting for those that are not there yet."""
        there = self._ahead.take(n) if self._ahead is not None else b""
        return there or super().read_all(n, check_rekey)

    def _read_timeout(self, timeout: float) -> bytes:
        """Some of the peer's greeting; what follows a line of it stays where `read_all` takes it from."""
        piece: bytes = super()._read_timeout(timeout)  # type: ignore[misc]
        if self._ahead is None:
            return piece
        line, end, rest = piece.partition(b"\n")
        self._ahead.give_back(rest)
        return line + end
