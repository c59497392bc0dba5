"""Sockets as paramiko works best with them: no Nagle, few system calls, and a safe close."""

import contextlib
import resource
import socket
import struct
import threading
from typing import Any

_CHUNK = 65536
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


def allow_many() -> None:
    """Raise this process's own limit of open files as far as it may: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):  # then it is told which host there was no file for
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def dial(address: str, port: int, seconds: float) -> "BufferedSocket":
    """A connected socket to a host.

    Raises:
        OSError: what the system says (`socket.gaierror`, `TimeoutError`, `ConnectionRefusedError`...).
    """
    sock = socket.create_connection((address, port), seconds)
    # Without this every second small packet waits 40 ms for the peer's delayed acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A peer that vanished without a word is noticed: in silence after 60 s, owing an answer after 30 s.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", 30),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 30_000),
    ):
        if hasattr(socket, option):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return BufferedSocket(sock)


class BufferedSocket:
    """What paramiko needs of a socket, reading in large pieces.

    `close` only shuts the connection down while another thread reads: that thread closes the descriptor.
    Closed under a reader, the descriptor's number may already belong to the next connection when the reader
    looks at it again, and it would sleep on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._quickack = None if sock.family == socket.AF_UNIX else _QUICKACK
        self._data = b""
        self._at = 0
        self._reader: threading.Thread | None = None
        self._closed = False  # paramiko looks at it, as at a real socket's

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; none means that the peer has closed the connection."""
        if self._at == len(self._data):
            self._reader = threading.current_thread()
            if self._quickack is not None:
                # The server may not have switched Nagle off on its side: let it not wait for us either.
                # The kernel forgets this by and by, hence each time.
                self._sock.setsockopt(socket.IPPROTO_TCP, self._quickack, 1)
            try:
                self._data, self._at = self._sock.recv(_CHUNK), 0
            except BlockingIOError:  # the system's word for it
                raise TimeoutError from None
        return self.take(min(size, len(self._data) - self._at))

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes if they have been read already, else none."""
        end = self._at + size
        if end > len(self._data):
            return b""
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def give_back(self, data: bytes) -> None:
        """What was received last, but is to be received once more."""
        self._at -= len(data)

    def send(self, data: bytes) -> int:
        """Send some of `data`; how much, is returned."""
        try:
            return self._sock.send(data)
        except BlockingIOError:
            raise TimeoutError from None

    def settimeout(self, seconds: float | None) -> None:
        """Set the limit of one `recv` or `send`; paramiko's 0.1 s would only make every idle host poll."""
        limit = struct.pack("ll", 0 if seconds is None else max(1, round(seconds)), 0)
        # By the system, not by Python, which would ask it with a `poll` before each call whether that blocks:
        # twice as many calls, and after each of them the thread has to wait for its turn.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._sock.setsockopt(socket.SOL_SOCKET, option, limit)
        self._sock.settimeout(None)

    def getpeername(self) -> Any:
        """The peer's address."""
        return self._sock.getpeername()

    def fileno(self) -> int:
        """The descriptor's number."""
        return self._sock.fileno()

    def close(self) -> None:
        """End the connection."""
        self._closed = True
        reader = self._reader
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        if reader is None or reader is threading.current_thread() or not reader.is_alive():
            self._sock.close()
