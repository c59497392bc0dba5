"""A channel of an SSH client that is carried to a port of the server's own."""

import socket
import threading
from contextlib import suppress

import paramiko

_CHUNK = 32 * 1024
_SECONDS = 10.0


def carry(channel: paramiko.Channel, port: int) -> None:
    """Connect `channel` with `port` on loopback, in threads of its own; returns at once."""
    threading.Thread(target=_carry, args=(channel, port), name="lab-forward", daemon=True).start()


def _carry(channel: paramiko.Channel, port: int) -> None:
    with suppress(OSError, EOFError):
        sock = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        with sock:
            sock.settimeout(None)
            back = threading.Thread(target=_back, args=(sock, channel), name="lab-forward", daemon=True)
            back.start()
            while data := channel.recv(_CHUNK):
                sock.sendall(data)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
            back.join()
    with suppress(OSError, EOFError):
        channel.close()


def _back(sock: socket.socket, channel: paramiko.Channel) -> None:
    with suppress(OSError, EOFError):
        while data := sock.recv(_CHUNK):
            channel.sendall(data)
        channel.shutdown_write()
    # Ends the other thread's wait for a client that keeps its half open.
    with suppress(OSError, EOFError):
        channel.shutdown_read()
