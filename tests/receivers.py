"""Receivers on loopback: a web server and a mail server, plain or with TLS, that do as they are told."""

import contextlib
import email
import email.policy
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Certificate:
    """A certificate that is its own authority, and its key."""

    file: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """TLS for a server with it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate(folder: Path) -> Certificate:
    """A new certificate for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / "receiver.pem", folder / "receiver.key")
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    found.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return found


@dataclass(frozen=True)
class Request:
    """What a web server was sent."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Web:
    """A web server: it answers with `answers`, one after the other, the last one for ever.

    An answer is a status, or a word: "drop" ends the connection without one, "drip" sends one without end,
    "wait" is 204 once `go_on` is set.
    """

    answers: Sequence[int | str] = (204,)
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def take(self, request: Request) -> int | str:
        """Keep a request; how to answer it."""
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


@contextmanager
def web(*answers: int | str, tls: Certificate | None = None) -> Iterator[Web]:
    """A web server, as long as it is needed."""
    state = Web(answers or (204,))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = state.take(Request(self.path, dict(self.headers), body))
            if answer == "drip":
                with contextlib.suppress(OSError):
                    while not state.over.wait(0.05):
                        self.wfile.write(b"H")
            elif answer != "drop":
                if answer == "wait":
                    state.go_on.wait(60)
                self.send_response(204 if answer == "wait" else int(answer))
                self.send_header("Location", f"{state.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_GET = do_POST  # noqa: N815 - the library's name

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.server().wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    state.url = f"{'http' if tls is None else 'https'}://{LOOPBACK}:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()


@dataclass
class Post:
    """A mail server: who logged in, what it took, and whom it refuses with which answer."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refuses: Mapping[str, str] = field(default_factory=dict)
    password: str = ""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a receiver or not."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.receivers.append(list(envelope.rcpt_tos))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        """Whether a login is right."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)


class _Controller(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextmanager
def post(
    tls: Certificate | None = None,
    *,
    at_once: bool = False,
    password: str = "",
    refuses: Mapping[str, str] | None = None,
) -> Iterator[Post]:
    """A mail server; with a certificate it has STARTTLS, or speaks TLS `at_once`. A password is demanded."""
    state = Post(refuses=refuses or {}, password=password)
    options: dict[str, Any] = {
        "auth_required": bool(password) and not at_once,
        "authenticator": state.authenticate,
    }
    if tls is not None and at_once:
        options |= {"ssl_context": tls.server(), "auth_require_tls": False}
    elif tls is not None:
        options |= {"tls_context": tls.server(), "require_starttls": True}
    controller = _Controller(state, hostname=LOOPBACK, port=0, ready_timeout=60, **options)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()
