"""Servers that are dead, each in its own way: what connects to them waits until it gives up."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that accepts every connection, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        yield server.getsockname()[1]


@contextmanager
def refusing(address: str = "127.0.0.1") -> Iterator[int]:
    """A port at which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as sock:
        sock.bind((address, 0))
        yield sock.getsockname()[1]


@contextmanager
def full() -> Iterator[int]:
    """The port of a server that answers no connection at all: its queue is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = server.getsockname()[1]
        for _ in range(4):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        yield port
