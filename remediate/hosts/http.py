"""HTTP over whatever carries bytes to the server: one request a connection, all within a deadline."""

import contextlib
import http.client
import io
import time
from collections.abc import Callable
from email.message import Message
from typing import Any, Protocol

from remediate.errors import DeadlinePassed, LoginRefused, TaskFailed
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.secrecy import Secret

MAX_BODY = 16 * 1024 * 1024
"""Bytes of the longest answer that is read."""


class Stream(Protocol):
    """What a socket and a paramiko channel have in common."""

    def settimeout(self, seconds: float, /) -> None:
        """The limit of one `recv` or `send`, which then raises TimeoutError."""

    def recv(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""

    def send(self, data: bytes, /) -> int:
        """Send some of the data; how much, is returned."""

    def close(self) -> None:
        """End the connection."""


Opener = Callable[[Endpoint, float], Stream]
"""Opens a stream to an endpoint within some seconds; see `fetch` for what it may raise."""


def fetch(request: HttpRequest, opener: Opener, seconds: float) -> HttpResponse:
    """Send a request, after its login if it has one, and read the answer.

    Raises:
        DeadlinePassed: if it is not all there within `seconds`.
        TaskFailed: no connection, no HTTP, too much of it, or a login that was refused.
    """
    until = time.monotonic() + seconds
    try:
        cookie = None if request.login is None else _log_in(request.login, opener, until)
        return _answer(*_exchange(request, opener, until, cookie))
    except TimeoutError:
        raise DeadlinePassed(f"{request.endpoint}: no answer within {seconds:g} s") from None
    except ConnectionRefusedError:
        raise TaskFailed(
            f"{request.endpoint}: nobody listens there, as seen from the server",
            cure="the server's HTTP task must run and its address and port be right; else do this by hand",
        ) from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        # The text of such an error may quote what was sent.
        raise TaskFailed(
            f"{request.endpoint}: the conversation broke off ({type(error).__name__})",
            cure="is that port the server's HTTP task, and does it speak TLS or not?",
        ) from None


class _Timed:
    """A stream whose every operation ends at one moment."""

    def __init__(self, stream: Stream, until: float) -> None:
        self._stream = stream
        self._until = until

    def _limit(self) -> None:
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._stream.settimeout(remaining)

    def recv(self, size: int) -> bytes:
        self._limit()
        return self._stream.recv(size)

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._limit()
            sent = self._stream.send(bytes(view))
            if not sent:
                raise ConnectionError
            view = view[sent:]


class _Reader(io.RawIOBase):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Socket:
    """What http.client needs of a socket. It closes nothing: who opened the stream does."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.sendall = stream.sendall

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._stream))

    def close(self) -> None:
        pass


def _log_in(request: HttpRequest, opener: Opener, until: float) -> str:
    status, headers, _ = _exchange(request, opener, until, None)
    pairs = [value.partition(";")[0].strip() for value in headers.get_all("Set-Cookie") or []]
    cookies = [pair for pair in pairs if pair.partition("=")[2].strip('"')]
    if not cookies:
        raise LoginRefused(
            f"{request.endpoint}: the login was refused (status {status}, and no session came of it)",
            cure="check user and password; if the server knows no sessions, use basic authentication",
        )
    return "; ".join(cookies)


def _exchange(
    request: HttpRequest, opener: Opener, until: float, cookie: str | None
) -> tuple[int, Message, bytes]:
    endpoint = request.endpoint
    raw = opener(endpoint, max(until - time.monotonic(), 0.01))
    try:
        stream: Any = _Timed(raw, until)
        if endpoint.tls is not None:
            from remediate.hosts.tls import TlsStream  # noqa: PLC0415 - few playbooks need it

            stream = TlsStream(stream, endpoint)
        connection = http.client.HTTPConnection(endpoint.address, endpoint.port)
        connection.auto_open = 0
        connection.sock = _Socket(stream)
        _send(connection, request, cookie)
        response = connection.getresponse()
        body = response.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TaskFailed(f"{endpoint}: the answer is longer than {MAX_BODY // 1024 // 1024} MiB")
        if response.length:
            raise http.client.IncompleteRead(b"")
        return response.status, response.headers, body
    finally:
        with contextlib.suppress(Exception):
            raw.close()


def _send(connection: http.client.HTTPConnection, request: HttpRequest, cookie: str | None) -> None:
    endpoint = request.endpoint
    standard = 80 if endpoint.tls is None else 443
    name = endpoint.name or endpoint.address
    name = f"[{name}]" if ":" in name else name
    body = None if request.body is None else _plain(request.body).encode()
    connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", name if endpoint.port == standard else f"{name}:{endpoint.port}")
    connection.putheader("Connection", "close")
    for key, value in request.headers:
        connection.putheader(key, _plain(value))
    if cookie is not None:
        connection.putheader("Cookie", cookie)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _answer(status: int, headers: Message, body: bytes) -> HttpResponse:
    kept = tuple((name, str(value)) for name, value in headers.items() if name.lower() != "set-cookie")
    return HttpResponse(status=status, headers=kept, body=body)
