"""A small HTTP task as Domino's documentation describes it, in this process: one view of one database."""

import base64
import contextlib
import datetime
import hashlib
import html
import http.server
import ipaddress
import json
import re
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "Web Admin/Acme", "hush: hush & 100%"
LOGIN_FORM = """<html><head><title>Server Login</title></head><body>
<form method="post" action="/names.nsf?Login"><input name="Username">
<input name="Password" type="password"></form></body></html>"""
BEGINNING = datetime.datetime(2014, 3, 1, 12, 0, 0, tzinfo=datetime.UTC)


def unid(number: int) -> str:
    """The n-th document's id."""
    return f"{number:032X}"


@dataclass
class Doc:
    """A document: its fields, and when it was last modified."""

    fields: dict[str, Any]
    modified: datetime.datetime = BEGINNING


@dataclass
class Domino:
    """What the server holds, and how it behaves."""

    database: str = "smd/lab.nsf"
    view: str = "Lab Licences"
    columns: tuple[str, ...] = ("LabPlatform", "LabExpiry")
    docs: dict[str, Doc] = field(default_factory=dict)
    login: str = "none"
    """none, basic or session."""
    access_services: bool = True
    most: int = 1000
    """Entries that one answer holds at most."""
    hidden: int = 0
    """Documents that the view counts and does not show."""
    keeps: bool = False
    """Whether a deletion is said to be done, and is not."""
    before: Callable[["Domino", str], None] | None = None
    """Called with method and path before each answer."""
    override: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """Answers for paths that contain a text, in place of the usual ones."""
    log: list[str] = field(default_factory=list)
    """Method and path of each request."""
    port: int = 0

    def add(self, number: int, **fields: Any) -> str:
        self.docs[unid(number)] = Doc(dict(fields))
        return unid(number)

    @property
    def deleting(self) -> list[str]:
        return [each for each in self.log if each.startswith(("DELETE", "PATCH")) or "DeleteDocument" in each]

    def server(self, **more: Any) -> dict[str, Any]:
        """It as the parameter `server`."""
        given = {"port": self.port, "user": USER, "password": PASSWORD, "login": self.login}
        plain = {"port": self.port}
        return {**(plain if self.login == "none" else given), **more}


Answer = tuple[int, dict[str, str], bytes]


class _Handler(http.server.BaseHTTPRequestHandler):
    domino: Domino

    def log_message(self, *_: object) -> None:
        pass

    def _any(self) -> None:
        domino = self.domino
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        domino.log.append(f"{self.command} {self.path}")
        if domino.before is not None:
            domino.before(domino, f"{self.command} {self.path}")
        status, headers, content = answer(domino, self.command, self.path, dict(self.headers), body)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815


def answer(domino: Domino, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """What the HTTP task says to a request."""
    for part, given in domino.override.items():
        if part in target:
            return given
    path, _, query = target.partition("?")
    command, _, rest = query.partition("&")
    command = command.lower()
    args = dict(urllib.parse.parse_qsl(rest, keep_blank_values=True))
    if path == "/names.nsf" and command == "login":
        return _login(body)
    if domino.login == "session" and "DomAuthSessId=LAB1" not in headers.get("Cookie", ""):
        return 200, {"Content-Type": "text/html"}, LOGIN_FORM.encode()
    word = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if domino.login == "basic" and headers.get("Authorization") != word:
        return 401, {"WWW-Authenticate": 'Basic realm="/"'}, b"<html>Error 401</html>"
    base = "/" + domino.database
    rest_path = (
        urllib.parse.unquote(path)[len(base) + 1 :] if urllib.parse.unquote(path).startswith(base) else ""
    )
    if rest_path == domino.view and command == "readviewentries":
        return _entries(domino, args)
    if match := re.fullmatch(r"api/data/documents/unid/([0-9A-F]{32})", rest_path):
        if domino.access_services:
            return _access(domino, method, match[1], headers, body)
    elif match := re.fullmatch(f"(0|{re.escape(domino.view)})/([0-9A-F]{{32}})", rest_path):
        return _classic(domino, command, match[2])
    return 404, {"Content-Type": "text/html"}, b"<html><title>Error 404</title></html>"


def _login(body: bytes) -> Answer:
    given = dict(urllib.parse.parse_qsl(body.decode()))
    if (given.get("Username"), given.get("Password")) == (USER, PASSWORD):
        return 302, {"Location": "/", "Set-Cookie": "DomAuthSessId=LAB1; path=/"}, b""
    return 200, {"Content-Type": "text/html"}, LOGIN_FORM.encode()


def _entries(domino: Domino, args: Mapping[str, str]) -> Answer:
    start = int(args["Start"]) - 1
    count = min(int(args["Count"]), domino.most)
    shown = list(domino.docs.items())[start : start + count]
    rows = [(start + index + 1, key, doc) for index, (key, doc) in enumerate(shown)]
    total = len(domino.docs) + domino.hidden
    if args.get("OutputFormat") == "JSON":
        found = {
            "@timestamp": "20140301T120000,00Z",
            "@toplevelentries": str(total),
            "viewentry": [_json_row(domino, *row) for row in rows],
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()
    text = "".join(_xml_row(domino, *row) for row in rows)
    page = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<viewentries toplevelentries="{total}">{text}</viewentries>'
    )
    return 200, {"Content-Type": "text/xml; charset=UTF-8"}, page.encode()


def _kind(value: Any) -> str:
    if isinstance(value, int):
        return "number"
    return "datetime" if re.fullmatch(r"\d{8}(T\d{6},\d\d\S*)?", value) else "text"


def _xml_row(domino: Domino, position: int, key: str, doc: Doc) -> str:
    columns = ""
    for number, name in enumerate(domino.columns):
        value = doc.fields.get(name, "")
        kind = _kind(value)
        columns += f"<entrydata columnnumber='{number}' name={quoteattr(name)}>"
        columns += f"<{kind}>{html.escape(str(value))}</{kind}></entrydata>"
    return f"<viewentry position='{position}' unid='{key}' noteid='8FA' siblings='9'>{columns}</viewentry>"


def _json_row(domino: Domino, position: int, key: str, doc: Doc) -> dict[str, Any]:
    columns = []
    for number, name in enumerate(domino.columns):
        value = doc.fields.get(name, "")
        columns.append({"@columnnumber": str(number), "@name": name, _kind(value): {"0": str(value)}})
    return {"@position": str(position), "@unid": key, "entrydata": columns}


def _access(domino: Domino, method: str, key: str, headers: Mapping[str, str], body: bytes) -> Answer:
    doc = domino.docs.get(key)
    if doc is None:
        return 404, {"Content-Type": "application/json"}, b'{"code":404,"text":"Not Found"}'
    since = headers.get("If-Unmodified-Since")
    if method != "GET" and since is not None and doc.modified > parsedate_to_datetime(since):
        return 412, {"Content-Type": "application/json"}, b'{"code":412}'
    if method == "DELETE" and not domino.keeps:
        del domino.docs[key]
    if method == "PATCH":
        doc.fields.update(json.loads(body))
        doc.modified += datetime.timedelta(seconds=1)
    if method != "GET":
        return 200, {}, b""
    found = {"@unid": key, "@modified": doc.modified.isoformat(), "$Revisions": "x", **doc.fields}
    return 200, {"Last-Modified": format_datetime(doc.modified, usegmt=True)}, json.dumps(found).encode()


def _classic(domino: Domino, command: str, key: str) -> Answer:
    doc = domino.docs.get(key)
    if doc is None:
        return 404, {"Content-Type": "text/html"}, b"<html><title>Error 404</title></html>"
    if command == "deletedocument":
        if not domino.keeps:
            del domino.docs[key]
        return 200, {"Content-Type": "text/html"}, b"<html><h1>Document deleted</h1></html>"
    rows = "".join(f"<li>{html.escape(f'{name}: {value}')}" for name, value in doc.fields.items())
    return 200, {"Content-Type": "text/html"}, f"<html><title>Lab</title>{rows}</html>".encode()


@contextlib.contextmanager
def serving(domino: Domino, context: ssl.SSLContext | None = None) -> Iterator[Domino]:
    """The HTTP task on a free port of loopback while the block runs."""
    handler = type("Handler", (_Handler,), {"domino": domino})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    domino.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield domino
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for one name, and its files."""

    context: ssl.SSLContext
    pem: str
    pin: str


def make_certificate(folder: Path, name: str = "mail.lab.example") -> Certificate:
    """A new key with a certificate that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    file = folder / "both.pem"
    file.write_text(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Certificate(context=context, pem=pem, pin=hashlib.sha256(der).hexdigest())
