"""Orders about documents of a Domino database over HTTP: delete one, change fields of one.

Neither goes by `?SaveDocument`, which may damage rich text.
"""

import json
from dataclasses import field, replace
from typing import Any

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.canonical import canonical
from remediate.effects.base import Effect, Guard, NoUndo, Undo
from remediate.errors import Drifted, TaskFailed
from remediate.facts.base import Fact
from remediate.facts.domino_document import Document, DominoDocument, access_path, masked
from remediate.facts.domino_http import WebServer, is_login_form, path_of
from remediate.facts.domino_view import DominoView, ViewContent
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.records import dataclass
from remediate.secrecy import Secret, whole_or_counted

_LONGEST = 500
_PAGE_CHANGED = (
    "something else changed it; look, and run again. If it says so each time, its page shows what varies by "
    "itself, such as a time: enable Domino Access Services for the database, or delete it in a Notes client"
)


@dataclass(frozen=True, kw_only=True)
class DeleteDocument(Effect):
    """Delete one document of a view that is as it was when it was decided; nothing else may go with it."""

    view: DominoView
    before: ViewContent
    """The view right before: with this document, and without those that go before it."""
    saved: Document = field(repr=False)
    """The document itself."""
    saved_to: str | None = None
    """The file on the host that holds it."""
    secret_fields: tuple[str, ...] = ()
    deadline: float = 60.0

    @property
    def unid(self) -> str:
        """Which one."""
        return self.saved.unid

    def summary(self) -> str:
        """`delete`."""
        return f"delete document {self.unid} from {self.view}"

    def diff(self) -> str:
        """What is lost: the columns, then the fields if they are known. Secrets are masked."""
        lines = [f"document {self.unid} of {self.view}"]
        entry = next(entry for entry in self.before.entries if entry.unid == self.unid)
        for column in entry.columns:
            values = ", ".join(str(value) for value in column.values)
            lines.append(f"  {column.name or column.number}: {self._shown(column.name, values)}")
        lines += [f"  {name} = {self._shown(name, value)}" for name, value in self.saved.items]
        return "".join(f"- {line}\n" for line in lines)

    def _shown(self, name: str, value: str) -> str:
        return _short(masked(name, value, self.secret_fields))

    def guards(self) -> tuple[Guard, ...]:
        """The view and the document."""
        view, database = self.view, self.view.database
        document = DominoDocument(server=view.server, database=database, unid=self.unid)
        held = Guard(fact=document, answer=self.saved, what=str(document))
        if self.saved.source == "page":
            held = replace(held, cure=_PAGE_CHANGED)
        return (Guard(fact=view, answer=self.before, what=str(view)), held)

    def script(self) -> HttpRequest:
        """Access Services where they gave the document, else the URL command, which asks no question."""
        server, database = self.view.server, self.view.database
        if self.saved.source == "access services":
            return server.request(
                access_path(database, self.unid), method="DELETE", headers=_unless_modified(self.saved)
            )
        return server.request(path_of(database, self.view.view, self.unid) + "?DeleteDocument")

    def judge_response(self, response: HttpResponse) -> dict[str, Any]:
        """What came of it; that it is gone is proven by the view.

        Raises:
            Drifted, TaskFailed: see `Effect.judge`.
        """
        # Where the URL command sends a browser afterwards is the form designer's choice.
        sent_on = self.saved.source == "page" and response.status in (301, 302, 303, 307)
        if sent_on and "?login" not in (response.header("Location") or "").lower():
            return {}
        _judge(self.view.server, response, self.summary())
        return {}

    def undo(self) -> NoUndo:
        """A new document would have another id, and Access Services give no rich text back."""
        where = "" if self.saved_to is None else f"; what it held is in {self.saved_to} on the host"
        return NoUndo(why=f"a deleted document cannot be made again as it was{where}")

    def touches(self) -> frozenset[str]:
        """The database."""
        return frozenset({self.view.server.resource(self.view.database)})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """This view will have exactly this one less."""
        if isinstance(fact, DominoView) and _same_view(fact, self.view):
            match answer:
                case Known(ViewContent() as content):
                    return Known(content.without(self.unid))
                case Provisional(ViewContent() as content, why):
                    return Provisional(content.without(self.unid), why)
        if isinstance(fact, DominoDocument) and fact.unid != self.unid:
            return answer
        return super().foretell(fact, answer)


@dataclass(frozen=True, kw_only=True)
class ChangeFields(Effect):
    """Give some fields of a document other values, through Access Services."""

    server: WebServer
    database: str
    before: Document = field(repr=False)
    changes_json: tuple[tuple[str, str], ...] = field(repr=False)
    """Names of fields, and their new values as JSON."""
    secret_fields: tuple[str, ...] = ()
    deadline: float = 60.0

    def summary(self) -> str:
        """`change`, with the fields' names."""
        names = ", ".join(name for name, _ in self.changes_json)
        return f"change {names} of document {self.before.unid} in {self.database}"

    def diff(self) -> str:
        """Each field before and after; secrets are masked."""
        lines = [f"  document {self.before.unid} in {self.database}\n"]
        for name, after in self.changes_json:
            before = canonical(self.before.value(name))
            old, new = (_short(masked(name, value, self.secret_fields)) for value in (before, after))
            lines.append(f"- {name} = {old}\n+ {name} = {new}\n")
        return "".join(lines)

    def guards(self) -> tuple[Guard, ...]:
        """The document."""
        fact = DominoDocument(server=self.server, database=self.database, unid=self.before.unid)
        return (Guard(fact=fact, answer=self.before, what=str(fact)),)

    def script(self) -> HttpRequest:
        """Only the named fields are sent."""
        values = {name: json.loads(value) for name, value in self.changes_json}
        return self.server.request(
            access_path(self.database, self.before.unid),
            method="PATCH",
            headers=(("Content-Type", "application/json"), *_unless_modified(self.before)),
            body=Secret(json.dumps(values)),
        )

    def judge_response(self, response: HttpResponse) -> dict[str, Any]:
        """What came of it; the document is read again as the proof.

        Raises:
            Drifted, TaskFailed: see `Effect.judge`.
        """
        _judge(self.server, response, self.summary())
        return {}

    def undo(self) -> Undo | NoUndo:
        """The old values, if the document is otherwise as this left it."""
        had = {name.lower() for name, _ in self.before.items}
        new = [name for name, _ in self.changes_json if name.lower() not in had]
        if new:
            return NoUndo(
                why=f"document {self.before.unid} has no {', '.join(new)} before; no field is taken away"
            )
        old = tuple((name, canonical(self.before.value(name))) for name, _ in self.changes_json)
        back = replace(self, before=self.left(), changes_json=old)
        return Undo(effects=(back,), guards=back.guards())

    def left(self) -> Document:
        """The document with the new values; when the server says that was, is unknown."""
        changes = {name: json.loads(value) for name, value in self.changes_json}
        why = Unknown(self.summary())
        return self.before.with_fields(changes, why, why)

    def touches(self) -> frozenset[str]:
        """The database."""
        return frozenset({self.server.resource(self.database)})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The document with the new values; when the server says that was, is unknown."""
        if isinstance(fact, DominoDocument):
            mine = (fact.server, fact.database, fact.unid) == (self.server, self.database, self.before.unid)
            match answer:
                case Known(Document() as document) if mine:
                    return Known(replace(self, before=document).left())
            if not mine:
                return answer
        return super().foretell(fact, answer)


def _same_view(one: DominoView, other: DominoView) -> bool:
    return (one.server, one.database, one.view) == (other.server, other.database, other.view)


def _unless_modified(document: Document) -> tuple[tuple[str, str], ...]:
    since = document.unmodified_since
    return (("If-Unmodified-Since", since),) if isinstance(since, str) else ()


def _judge(server: WebServer, response: HttpResponse, summary: str) -> None:
    if response.status in (404, 410, 412) and not is_login_form(response):
        why = "it has been modified" if response.status == 412 else "it is gone"
        raise Drifted(
            f"not done: {summary}: {why} since it was read", cure="look at the document, and run again"
        )
    refusal = server.refusal(response, summary)
    if refusal is not None:
        raise TaskFailed(f"failed: {refusal.what}", cure=refusal.cure)


def _short(value: str) -> str:
    return whole_or_counted(" ".join(value.split()), _LONGEST)
