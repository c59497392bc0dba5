"""TLS on top of a stream, with the server's certificate proven by a pin or by a named authority."""

import hashlib
import hmac
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from remediate.errors import TaskFailed
from remediate.facts.http import Endpoint, Tls

T = TypeVar("T")
_CHUNK = 16384


class TlsStream:
    """A stream with `recv` and `sendall` inside TLS. Nothing is sent before the certificate is proven.

    Raises:
        TaskFailed: if no TLS can be agreed on, or the certificate is not the right one.
    """

    def __init__(self, stream: Any, endpoint: Endpoint) -> None:
        self._stream = stream
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = endpoint.tls or Tls()
        self._tls = _context(tls).wrap_bio(
            self._incoming, self._outgoing, server_hostname=endpoint.name or endpoint.address
        )
        try:
            self._run(self._tls.do_handshake)
        except ssl.SSLCertVerificationError as error:
            raise TaskFailed(
                f"{endpoint}: the certificate cannot be trusted: {error.verify_message}",
                cure="name the authority that signed it, and the server's name in it, or pin the certificate",
            ) from None
        except ssl.SSLError as error:
            raise TaskFailed(
                f"{endpoint}: no TLS could be agreed on ({error.reason})",
                cure="a server from before 2015 may speak too old a TLS: use its plain port, SSH protects it",
            ) from None
        if tls.authority is None:
            self._check_pin(tls, endpoint)

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        try:
            return self._run(lambda: self._tls.read(size))
        except ssl.SSLZeroReturnError:
            return b""

    def sendall(self, data: bytes) -> None:
        """Send all of the data."""
        view = memoryview(data)
        while view:
            piece = view
            sent = self._run(lambda piece=piece: self._tls.write(piece))  # type: ignore[misc]
            view = view[sent:]

    def _check_pin(self, tls: Tls, endpoint: Endpoint) -> None:
        certificate = self._tls.getpeercert(binary_form=True) or b""
        found = hashlib.sha256(certificate).hexdigest()
        if not hmac.compare_digest(found, tls.pin or ""):
            raise TaskFailed(
                f"{endpoint}: the certificate is not the pinned one; its SHA-256 is {found}",
                cure="if the server really has a new certificate, pin that one",
            )

    def _run(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._stream.recv(_CHUNK)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._stream.sendall(self._outgoing.read())


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.authority is not None:
        try:
            context.load_verify_locations(cadata=tls.authority)
        except (ssl.SSLError, ValueError):
            raise TaskFailed("the authority's file holds no certificate in PEM") from None
    else:
        # Whom the server is, its pin proves: see _check_pin, without which nothing is ever sent.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
