"""What travels to and from an HTTP server that a host can reach: plain data, and no secret in sight."""

from dataclasses import field

from remediate.records import dataclass
from remediate.secrecy import Secret


@dataclass(frozen=True, kw_only=True)
class Tls:
    """How a server's certificate is proven: by its own SHA-256, or by the authority that signed it.

    There is no third way: one of the two must be given.
    """

    pin: str | None = None
    """The SHA-256 of the certificate (DER), 64 hexadecimal digits in small letters."""
    authority: str | None = field(default=None, repr=False)
    """Certificates in PEM that are trusted; the server's must be for its `name`."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where an HTTP server listens, as seen from the host."""

    address: str = "127.0.0.1"
    port: int = 80
    name: str | None = None
    """How the server calls itself, for `Host:` and its certificate; None means its address."""
    tls: Tls | None = None

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'http' if self.tls is None else 'https'}://{address}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One request. Header values and a body that are secrets are shown as stars."""

    endpoint: Endpoint
    path: str
    """With the query, and escaped as it is to be sent. It never holds a secret: servers log it."""
    method: str = "GET"
    headers: tuple[tuple[str, str | Secret], ...] = ()
    body: str | Secret | None = field(default=None, repr=False)
    login: "HttpRequest | None" = None
    """Sent first. Its cookies go with this request and are forgotten; without any, this one is not sent."""


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """What came back; cookies are left out, and redirects are not followed."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The first header of this name, in whatever case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)
