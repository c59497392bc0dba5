"""domino_document: documents of a database over HTTP: read them, or delete them from a view."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.effects.domino_documents import DeleteDocument
from remediate.effects.save_document import PRIVATE, SaveDocument
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.domino_document import Document, DominoDocument
from remediate.facts.domino_view import DominoView, ViewContent
from remediate.facts.files import FileText, Text
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.domino.web import Database, Server, Unid, authority_of, shown, with_authority
from remediate.modules.types import Path, Word
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DominoDocuments(Module):
    """The documents `unids` of a database. `state: present` reads them and fails if one is not there.

    `state: absent` deletes them from `view`, one after another: each is saved first on the server as
    `save_to`/<unid>.json (or .html), a directory that must be there; right before, view and document must
    be as they were read; afterwards the view must have exactly that one less. The documents `keep` must be in
    the view, and are never deleted; nor is the last one. Deletions replicate: delete on the hub only.
    Registers `documents` (their fields, without secrets), or `deleted` (those that are not in the view now).
    """

    server: Server
    database: Database
    unids: list[Unid]
    state: Literal["present", "absent"] = "present"
    view: Word | None = None
    format: Literal["xml", "json"] = "xml"
    keep: list[Unid] = field(default_factory=list)
    save_to: Path | None = None
    secret_fields: list[str] = field(default_factory=list)
    timeout: float = 60.0

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if something is missing for a deletion, or a document is both to go and to stay.
        """
        if self.state == "absent" and (self.view is None or self.save_to is None):
            raise ValueError("to delete documents, 'view' and 'save_to' are needed")
        if self.state == "absent" and self.unids and not self.keep:
            raise ValueError("to delete documents, 'keep' must name at least one that stays")
        both = sorted(set(self.unids) & set(self.keep))
        if both:
            raise ValueError(f"{both[0]} is both to be deleted and to be kept")

    @classmethod
    def may_change(cls, params: Mapping[str, Any]) -> bool:
        """Only a deletion changes something."""
        return bool(params.get("state", "present") != "present")

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """`tls_ca`."""
        return authority_of(params)

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read the authority's certificates."""
        return with_authority(params, desk)

    def probe(self) -> Iterable[Fact[Any]]:
        """The view to delete from, or the documents themselves."""
        if self.state == "absent":
            return (self._view(),)
        return tuple(self._document(unid) for unid in dict.fromkeys(self.unids))

    def decide(self, state: HostView) -> Iterable[Effect]:
        """For each document that is in the view: save it, delete it.

        Raises:
            TaskFailed: if one that is to be kept is not in the view, or one to be deleted cannot be read.
        """
        if self.state == "present" or not self.unids:
            return
        before = state.of(self._view())
        for unid in self.keep:
            if unid not in before.unids:
                raise TaskFailed(
                    f"nothing was deleted: {unid}, which must stay, is not in {self._view()}",
                    cure="look at the view, and decide anew which documents to delete",
                )
        for unid in dict.fromkeys(self.unids):
            if unid in before.unids:
                yield from self._delete(unid, before, state)
                before = before.without(unid)

    def _delete(self, unid: str, before: ViewContent, state: HostView) -> Iterator[Effect]:
        saved = state.of(self._document(unid))
        if saved is None:
            raise TaskFailed(
                f"nothing was deleted: {unid} is in {self._view()} and cannot be opened",
                cure="the view may be out of date, or this user may not read the document",
            )
        path = f"{self.save_to}/{unid}.{'json' if saved.source == 'access services' else 'html'}"
        there = state.of(Text(path))
        if FileText.holding(saved.text) != there:
            write = WriteFile(
                path=path, before=there, after=saved.text, mode=PRIVATE, backup=there.kind == "file"
            )
            yield SaveDocument(unid=unid, write=write)
        yield DeleteDocument(
            view=self._view(),
            before=before,
            saved=saved,
            saved_to=path,
            secret_fields=tuple(self.secret_fields),
            deadline=self.timeout,
        )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The documents, or what was deleted.

        Raises:
            TaskFailed: if a document that is to be present is not there.
        """
        if self.state == "present":
            return {"documents": [self._fields(unid, state) for unid in self.unids]}
        # A deletion is one outcome, its saving another, which may not have been needed: the view tells.
        left = state.of(self._view()).unids
        return {"deleted": [unid for unid in self.unids if unid not in left]}

    def _fields(self, unid: str, state: HostView) -> dict[str, Any]:
        document = state.of(self._document(unid))
        if document is None:
            raise TaskFailed(f"there is no document {unid} in {self.database}")
        return {"unid": unid, "source": document.source, "fields": fields_of(document, self.secret_fields)}

    def _view(self) -> DominoView:
        return DominoView(
            server=self.server,
            database=self.database,
            view=str(self.view),
            format=self.format,
            deadline=self.timeout,
        )

    def _document(self, unid: str) -> DominoDocument:
        return DominoDocument(server=self.server, database=self.database, unid=unid)


def fields_of(document: Document, secret: Sequence[str]) -> dict[str, Any]:
    """A document's fields as they may be registered."""
    return {name: shown(name, document.value(name), secret) for name, _ in document.items}
