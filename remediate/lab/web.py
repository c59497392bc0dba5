"""The HTTP task of one server: `smd/smconf.nsf` by URL commands and, if it is new enough, Access Services.

A delete by URL is a GET with no question asked, as on Domino. Whoever is not logged on gets 401 from a server
with basic authentication, and a login form with status 200 from one with sessions.
"""

import base64
import hmac
import json
import logging
import secrets
import socket
import ssl
import threading
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from remediate.lab.documents import Document, Store, changed, deleted, edited, living
from remediate.lab.faults import NO_FAULTS, ServerFaults
from remediate.lab.paths import ServerPaths
from remediate.lab.replicator import DATABASE
from remediate.lab.servers import edit_documents
from remediate.lab.webpages import (
    LOGIN_FORM,
    PAGE,
    document_html,
    document_json,
    entries_of,
    page,
    view_json,
    view_xml,
)

WEB_USER = "LAB Admin"
WEB_PASSWORD = "lab+pass&word=1%"  # noqa: S105 - a value of the lab, with what must be escaped in a form
_COOKIE = "DomAuthSessId"
_SECONDS = 30.0
_API = "api/data/documents/unid/"
_log = logging.getLogger(__name__)


class WebTask:
    """The HTTP side of one server: takes accepted sockets."""

    def __init__(self, paths: ServerPaths, *, faults: ServerFaults = NO_FAULTS) -> None:
        self.paths = paths
        self.sessions: set[str] = set()
        self.edits_left: dict[str, int] = defaultdict(lambda: faults.get("somebody_edits"))
        self._tls: ssl.SSLContext | None = None
        if paths.server.site is not None and paths.server.site.tls != "off":
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(paths.certificate, paths.certificate_key)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def serve(self, sock: socket.socket) -> None:
        """Answer the requests on `sock`; returns at once."""
        with self._lock:
            self._open.add(sock)
        threading.Thread(target=self._answer, args=(sock,), name="lab-http", daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _answer(self, sock: socket.socket) -> None:
        try:
            with sock:
                sock.settimeout(_SECONDS)
                if self._tls is None:
                    _Handler(sock, self)
                else:
                    with self._tls.wrap_socket(sock, server_side=True) as secured:
                        _Handler(secured, self)
                        with suppress(OSError):
                            secured.unwrap()
        except OSError as error:
            _log.warning("%s: HTTP: %s", self.paths.server.name, error)
        finally:
            with self._lock:
                self._open.discard(sock)


class _Handler(BaseHTTPRequestHandler):
    """One connection. The methods are named as the standard library wants them."""

    server_version, sys_version = "Lotus-Domino", ""
    protocol_version = "HTTP/1.1"

    def __init__(self, sock: socket.socket, task: WebTask) -> None:
        self._task = task
        site = task.paths.server.site
        if site is None:
            raise ValueError("a server without a site has no HTTP")
        self._site = site
        super().__init__(sock, ("127.0.0.1", 0), None)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """The lab's log is for what went wrong."""

    def do_GET(self) -> None:
        """Views and documents, and the deletion of documents."""
        self._route(b"")

    def do_POST(self) -> None:
        """The login."""
        body = self._body()
        path, query = self._target()
        if path.lower() == "names.nsf" and query.lower().startswith("login") and self._site.http == "session":
            self._log_in(body)
        else:
            self._route(body)

    do_PATCH = do_PUT = do_DELETE = do_POST  # noqa: N815

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _target(self) -> tuple[str, str]:
        parts = urlsplit(self.path)
        return unquote(parts.path).lstrip("/"), parts.query

    def _route(self, body: bytes) -> None:
        if not self._known():
            self._ask_for_login()
            return
        path, query = self._target()
        if not path.lower().startswith(f"{DATABASE}/"):
            self._reply(404, page("LAB: no such database"))
            return
        rest = path[len(DATABASE) + 1 :]
        if rest.startswith("api/"):
            self._access_services(rest, body)
        elif self.command != "GET":
            self._reply(405, page("LAB: not by this method"))
        else:
            self._url_command(rest, query)

    def _known(self) -> bool:
        if self._site.http == "session":
            cookies = dict(parse_qsl((self.headers.get("Cookie") or "").replace(" ", ""), separator=";"))
            return cookies.get(_COOKIE) in self._task.sessions
        expected = base64.b64encode(f"{WEB_USER}:{WEB_PASSWORD}".encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization") or "", f"Basic {expected}")

    def _ask_for_login(self) -> None:
        if self._site.http == "session":
            self._reply(200, LOGIN_FORM)
        else:
            self._reply(401, page("LAB: who are you?"), {"WWW-Authenticate": 'Basic realm="/"'})

    def _log_in(self, body: bytes) -> None:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if (form.get("Username"), form.get("Password")) != (WEB_USER, WEB_PASSWORD):
            self._reply(200, LOGIN_FORM)
            return
        token = secrets.token_hex(16)
        self._task.sessions.add(token)
        headers = {"Set-Cookie": f"{_COOKIE}={token}; path=/", "Location": form.get("RedirectTo") or "/"}
        self._reply(302, "", headers)

    def _url_command(self, rest: str, query: str) -> None:
        # The first word of the query is the command, in whatever case.
        command, _, more = query.partition("&")
        options = {key.lower(): values[0] for key, values in parse_qs(more).items()}
        match command.lower():
            case "readviewentries":
                self._view(rest, options)
            case "opendocument":
                document = self._find(rest)
                if document is not None:
                    self._reply(200, document_html(document), self._dated(document))
                    self._let_somebody_edit(document)
            case "deletedocument":
                document = self._find(rest)
                if document is not None:
                    self._delete(document)
                    self._reply(200, page("Document deleted"))
            case _:
                self._reply(400, page("LAB: no such URL command"))

    def _view(self, view: str, options: dict[str, str]) -> None:
        try:
            entries = entries_of(Store(self._task.paths.documents).read(), view)
            start, count = int(options.get("start", "1")), int(options.get("count", PAGE))
        except (KeyError, ValueError):
            self._reply(404, page("LAB: no such view"))
            return
        start, count = max(1, start), max(0, count)
        if self._site.newer_http and options.get("outputformat", "").lower() == "json":
            self._reply_json(200, view_json(entries, start, count))
        else:
            self._reply(200, view_xml(entries, start, count), {"Content-Type": "text/xml; charset=UTF-8"})

    def _find(self, rest: str) -> Document | None:
        unid = rest.rpartition("/")[2].upper()
        for document in living(Store(self._task.paths.documents).read()):
            if document.unid == unid:
                return document
        self._reply(404, page("LAB: no such document"))
        return None

    def _access_services(self, rest: str, body: bytes) -> None:
        if not self._site.newer_http or not rest.startswith(_API):
            self._reply(404, page("LAB: no such thing"))
            return
        if not self._site.access_services:
            self._reply_json(403, {"code": 403, "text": "LAB: not enabled for this database"})
            return
        document = self._find(rest)
        if document is None:
            return
        if self._changed_since(document):
            self._reply_json(412, {"code": 412, "text": "Precondition Failed"})
        elif self.command == "GET":
            self._reply_json(200, document_json(document, f"/{DATABASE}"), self._dated(document))
            self._let_somebody_edit(document)
        elif self.command == "DELETE":
            self._delete(document)
            self._reply_json(200, {})
        elif self.command == "PATCH":
            self._patch(document, body)
        else:
            self._reply_json(405, {"code": 405, "text": "Method Not Allowed"})

    def _changed_since(self, document: Document) -> bool:
        condition = self.headers.get("If-Unmodified-Since")
        if not condition:
            return False
        try:
            return document.modified_at > parsedate_to_datetime(condition).astimezone(UTC)
        except (TypeError, ValueError):
            return False

    def _let_somebody_edit(self, document: Document) -> None:
        """The fault that somebody else is at work: what has been read is changed."""
        if self._task.edits_left[document.unid] > 0:
            self._task.edits_left[document.unid] -= 1
            now = datetime.now(UTC)
            edit_documents(
                self._task.paths,
                lambda all_: edited(all_, document.unid, lambda one: changed(one, now, {"LABNote": "LAB"})),
            )

    def _patch(self, document: Document, body: bytes) -> None:
        try:
            given = json.loads(body)
            fields = {key: value for key, value in given.items() if isinstance(value, str) and key[:1] != "@"}
        except (ValueError, AttributeError):
            self._reply_json(400, {"code": 400, "text": "LAB: no JSON object"})
            return
        now = datetime.now(UTC)
        edit_documents(
            self._task.paths, lambda all_: edited(all_, document.unid, lambda one: changed(one, now, fields))
        )
        self._reply_json(200, {})

    def _delete(self, document: Document) -> None:
        now = datetime.now(UTC)
        edit_documents(
            self._task.paths, lambda all_: edited(all_, document.unid, lambda one: deleted(one, now))
        )

    @staticmethod
    def _dated(document: Document) -> dict[str, str]:
        return {"Last-Modified": format_datetime(document.modified_at.astimezone(UTC), usegmt=True)}

    def _reply_json(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self._reply(status, json.dumps(answer), {"Content-Type": "application/json", **(headers or {})})

    def _reply(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        all_headers = {"Content-Type": "text/html; charset=UTF-8", **(headers or {}), "Connection": "close"}
        for name, value in {**all_headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
