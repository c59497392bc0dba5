"""A Domino server's HTTP task: how to speak to it, and what its refusals mean.

Names of paths and of the login form's fields are Domino's own URL commands, the same since release 5.
"""

import base64
import re
from typing import Literal
from urllib.parse import quote, urlencode

from remediate.bourne import decode
from remediate.errors import TaskFailed
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.records import dataclass
from remediate.secrecy import Secret, whole_or_counted

UNID = re.compile(r"[0-9A-F]{32}")
"""A document's universal id, as it is kept here: in capitals."""

# No text of a server may keep the expressions busy: each goes over it once.
_INPUT = re.compile(r"(?i)<input\b[^>]*+")
_PASSWORD_FIELD = re.compile(r"(?i)\btype\s*+=\s*+[\"']?password")
_LOGIN_COMMAND = re.compile(r"(?i)\?login\b")
_TITLE, _TITLE_END = re.compile(r"(?i)<title[^>]*+>?"), re.compile(r"(?i)</title>")


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """The HTTP task of one Domino server, and who logs in there."""

    endpoint: Endpoint
    user: str | None = None
    password: Secret | None = None
    login: Literal["basic", "session"] = "basic"

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: tuple[tuple[str, str | Secret], ...] = (),
        body: str | Secret | None = None,
    ) -> HttpRequest:
        """A request of this user. With `session`, a login goes before each: its cookie is never kept."""
        first: HttpRequest | None = None
        if self.user is not None and self.password is not None:
            if self.login == "basic":
                pair = f"{self.user}:{self.password.reveal()}".encode()
                word = Secret("Basic " + base64.b64encode(pair).decode())
                headers = (*headers, ("Authorization", word))
            else:
                first = self._login(self.user, self.password)
        return HttpRequest(
            endpoint=self.endpoint, path=path, method=method, headers=headers, body=body, login=first
        )

    def _login(self, user: str, password: Secret) -> HttpRequest:
        form = urlencode({"Username": user, "Password": password.reveal()})
        return HttpRequest(
            endpoint=self.endpoint,
            path="/names.nsf?Login",
            method="POST",
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            body=Secret(form),
        )

    def resource(self, database: str) -> str:
        """The name under which facts and effects know a database's documents."""
        return f"domino-http:{self.endpoint.address}:{self.endpoint.port}/{database.lower()}"

    def refusal(self, response: HttpResponse, what: str) -> TaskFailed | None:
        """Why `response` is no answer about `what`; None if it may be one (2xx, and no login form)."""
        where = f"{self.endpoint}: {what}"
        if is_login_form(response):
            return TaskFailed(
                f"{where}: the HTTP task asks for a login (with a form, status {response.status})",
                cure="give user and password; if they are given, set login: session, or have them checked",
            )
        said, cure = f"status {response.status}", "look at the HTTP task's log"
        if 300 <= response.status < 400:
            target = (response.header("Location") or "nowhere").partition("?")[0]
            said, cure = (
                f"the HTTP task sends elsewhere, to {target}",
                "name the address, port and TLS it wants",
            )
        elif response.status == 401:
            said = "the HTTP task wants a name and password, or does not accept these (status 401)"
            cure = "check the user, its Internet password, and the database's access control list"
        elif response.status == 403:
            said = "this user may not do that (status 403)"
            cure = "the database's access control list must allow it, also under 'maximum Internet access'"
        elif response.status == 404:
            said, cure = "it is not there (status 404)", "check the names of the database and of the view"
        elif 200 <= response.status < 300:
            return None
        return TaskFailed(f"{where}: {said}", cure=cure)


def is_login_form(response: HttpResponse) -> bool:
    """Whether this is a form to log in with; session servers send one with status 200 in place of data."""
    if response.header("DominoAuthenticationFailure") is not None:
        return True
    text = decode(response.body)
    asks = any(_PASSWORD_FIELD.search(field[0]) for field in _INPUT.finditer(text))
    return asks and _LOGIN_COMMAND.search(text) is not None


def page_title(response: HttpResponse) -> str | None:
    """The title of an HTML page; None if it is none."""
    text = decode(response.body)
    if "<html" not in text.lower():
        return None
    begin = _TITLE.search(text)
    end = begin and _TITLE_END.search(text, begin.end())
    if begin is None or end is None:
        return "without a title"
    return whole_or_counted(" ".join(text[begin.end() : end.start()].split()), 80)


def path_of(database: str, *rest: str) -> str:
    """The path of a database on the HTTP task, escaped, and of what is in it."""
    parts = [quote(database.strip("/"), safe="/"), *(quote(part, safe="") for part in rest)]
    return "/" + "/".join(parts)
