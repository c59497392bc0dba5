"""domino_fields: named fields of a document have given values, through Domino Access Services."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from remediate.canonical import canonical
from remediate.effects.base import Effect
from remediate.effects.domino_documents import ChangeFields
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.domino_document import Document, DominoDocument, masked
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.domino.document import fields_of
from remediate.modules.domino.web import Database, Server, Unid, authority_of, with_authority
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DominoFields(Module):
    """Give the `fields` of the document `unid` these values; its other fields are not touched.

    A number that is in its field as text stays text, and the other way round: `8080` and `"8080"` are alike.

    Only Access Services (Domino 8.5.3 UP1 and later, enabled for the database) can do that without harm to
    rich text. Where the server has none, the task fails and says what to enter by hand.
    Registers `fields`, without secrets.
    """

    server: Server
    database: Database
    unid: Unid
    fields: dict[str, Any] = field(repr=False)
    secret_fields: list[str] = field(default_factory=list)
    timeout: float = 60.0

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for no fields, for names that Domino keeps for itself, for one name in two spellings.
        """
        names = [name.lower() for name in self.fields]
        if not names or any(not name or name[0] in "@$" for name in names):
            raise ValueError("'fields' needs at least one name, and none that begins with @ or $")
        if len(set(names)) < len(names):
            raise ValueError("'fields' has a name twice: Domino compares names without case")

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """`tls_ca`."""
        return authority_of(params)

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read the authority's certificates."""
        return with_authority(params, desk)

    def question(self) -> DominoDocument:
        """The document."""
        return DominoDocument(
            server=self.server, database=self.database, unid=self.unid, deadline=self.timeout
        )

    def probe(self) -> Iterable[Fact[Any]]:
        """The document."""
        return (self.question(),)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """One change of all fields that differ.

        Raises:
            TaskFailed: if there is no such document, or the server has no Access Services.
        """
        document = state.of(self.question())
        if document is None:
            raise TaskFailed(f"there is no document {self.unid} in {self.database}")
        if document.source == "page":
            raise TaskFailed(
                f"fields of {self.database} cannot be changed from here: the server offers no Domino Access "
                f"Services for it; a person must enter, in document {self.unid}: {self._by_hand()}",
                cure="do that in a Notes client or the product's console, or enable the Data service for the "
                "database (Domino 8.5.3 UP1 and later)",
            )
        fitting = {name: _fitting(value, document.value(name)) for name, value in self.fields.items()}
        changes = tuple(
            (name, canonical(value))
            for name, value in fitting.items()
            if canonical(value) != canonical(document.value(name))
        )
        if changes:
            yield ChangeFields(
                server=self.server,
                database=self.database,
                before=document,
                changes_json=changes,
                secret_fields=tuple(self.secret_fields),
                deadline=self.timeout,
            )

    def _by_hand(self) -> str:
        secret = tuple(self.secret_fields)
        return ", ".join(
            f"{name} = {masked(name, canonical(value), secret)}" for name, value in self.fields.items()
        )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The fields as they are now."""
        document = state.of(self.question())
        return {"unid": self.unid, "fields": {} if document is None else self._named(document)}

    def _named(self, document: Document) -> dict[str, Any]:
        wanted = {name.lower() for name in self.fields}
        shown = fields_of(document, self.secret_fields)
        return {name: value for name, value in shown.items() if name.lower() in wanted}


def _fitting(wanted: Any, there: Any) -> Any:
    """`wanted` as a text or a number, whichever is in the field now: a form takes only the one it knows."""
    if isinstance(there, str) and _is_number(wanted):
        return str(wanted)
    if _is_number(there) and isinstance(wanted, str):
        try:
            return int(wanted)
        except ValueError:
            return wanted
    return wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
