"""Question to a Domino server's HTTP task: one document, with its fields where the server can tell them.

Domino Access Services (8.5.3 UP1 and later, enabled for each database) give the fields as JSON. Without them
there is only the page that a browser would show, which is kept as it is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar, Literal

from remediate.bourne import decode
from remediate.canonical import canonical
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow
from remediate.facts.domino_http import WebServer, is_login_form, path_of
from remediate.facts.domino_view import touches_database
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.records import dataclass
from remediate.secrecy import MASK, is_secret_field, without_codes

_GONE = (404, 410)
_UNSEEN = re.compile(
    r"<script\b.*?</script\s*+>|<!--.*?-->"
    r"|(<script\b.*|<!--.*)",  # what is not closed: it is seen, and nobody looks for its end once more
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document as it was read. Its `repr` and `str` show no values: they may be activation codes."""

    unid: str
    source: Literal["access services", "page"]
    items: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The fields in the order of their names, each with its value as JSON; none if it is a page."""
    page: str | None = field(default=None, repr=False)
    """The page without its scripts and comments, which may vary by themselves; None if there are fields."""
    unmodified_since: Any = field(default=None, repr=False)
    """The time of the last change as the server wrote it, for `If-Unmodified-Since`."""
    text: Any = field(default="", repr=False, compare=False)
    """The whole answer, to be saved."""

    def value(self, name: str) -> Any:
        """A field's value; None if there is no such field. Domino compares names without case."""
        found = {key.lower(): value for key, value in self.items}.get(name.lower())
        return None if found is None else json.loads(found)

    def with_fields(self, changes: Mapping[str, Any], unmodified_since: Any, text: Any) -> "Document":
        """The same document with other values in some fields."""
        names = {name.lower(): name for name, _ in self.items}
        new = dict(self.items)
        new.update({names.get(name.lower(), name): canonical(value) for name, value in changes.items()})
        return Document(
            unid=self.unid,
            source=self.source,
            items=tuple(sorted(new.items())),
            unmodified_since=unmodified_since,
            text=text,
        )


@dataclass(frozen=True, kw_only=True)
class DominoDocument(Fact[Document | None]):
    """A document by its universal id; None if there is none."""

    by_request: ClassVar[bool] = True

    server: WebServer
    database: str
    unid: str
    deadline: float = 60.0

    def about(self) -> str:
        """Which one."""
        return f"document {self.unid} of {self.database}"

    def ask(self) -> HttpRequest:
        """Access Services first."""
        return self.server.request(access_path(self.database, self.unid))

    def read(self, response: HttpResponse) -> Document | Follow[Document | None] | None:
        """The fields, or the question for the page.

        Raises:
            TaskFailed: if the server wants a login.
        """
        items = _items(response) if response.status == 200 else None
        if items is not None:
            return Document(
                unid=self.unid,
                source="access services",
                items=items,
                unmodified_since=_last_change(response),
                text=decode(response.body),
            )
        if response.status == 401 or is_login_form(response):
            refusal = self.server.refusal(response, str(self))
            if refusal is not None:
                raise refusal
        return Follow(_DocumentPage(asked=self), 0.0)

    def reads(self, resource: str) -> bool:
        """A change of this database; a console command to any Domino server here may make one, too."""
        return touches_database(self.server, self.database, resource)

    def __str__(self) -> str:
        return f"the document {self.unid} of {self.database}"


@dataclass(frozen=True, kw_only=True)
class _DocumentPage(Fact[Document | None]):
    by_request: ClassVar[bool] = True

    asked: DominoDocument

    def ask(self) -> HttpRequest:
        path = path_of(self.asked.database, "0", self.asked.unid)
        return self.asked.server.request(f"{path}?OpenDocument")

    def read(self, response: HttpResponse) -> Document | None:
        if response.status in _GONE and not is_login_form(response):
            return None
        refusal = self.asked.server.refusal(response, str(self.asked))
        if refusal is not None:
            raise refusal
        text = decode(response.body)
        return Document(unid=self.asked.unid, source="page", page=_UNSEEN.sub(r"\1", text), text=text)

    def reads(self, resource: str) -> bool:
        return True


def access_path(database: str, unid: str) -> str:
    """Where Access Services keep a document."""
    return path_of(database, "api", "data", "documents", "unid", unid)


def masked(name: str, value: str, more: tuple[str, ...] = ()) -> str:
    """A field's value as it may be shown: not at all if its name sounds secret, and never a code.

    `more` names further fields that are secret.
    """
    if is_secret_field(name) or name.lower() in {each.lower() for each in more}:
        return MASK
    return without_codes(value)


def _items(response: HttpResponse) -> tuple[tuple[str, str], ...] | None:
    """The fields, without what Domino keeps for itself (`@...`, `$...`); None if it is no JSON."""
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        raise TaskFailed("Access Services answered with JSON that is no document")
    return tuple(sorted((name, canonical(value)) for name, value in found.items() if name[:1] not in "@$"))


def _last_change(response: HttpResponse) -> str | None:
    header = response.header("Last-Modified")
    if header is not None:
        return header
    try:
        modified = json.loads(response.body).get("@modified")
        when = datetime.fromisoformat(str(modified))
    except ValueError:
        return None
    return None if when.tzinfo is None else format_datetime(when.astimezone(UTC), usegmt=True)
