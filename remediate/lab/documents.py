"""The documents of a server's `smconf.nsf`: kept outside of its world, changed under a lock.

View, form and field names are the lab's own, as nobody publishes the real ones. A deleted document stays as a
stub, so that deletions replicate as they do on Domino.
"""

import fcntl
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from pathlib import Path

from remediate.records import dataclass

LICENCE_VIEW = "LAB Licenses"
SETTINGS_VIEW = "LAB Settings"
LICENCE_FORM = "LABLicense"
LICENCE_PROXY_FORM = "LABProductLicense"
SERVER_PROXY_FORM = "LABServerSettings"

PLATFORM, EXPIRES, KIND, CODE = "LABPlatform", "LABExpires", "LABKind", "LABActivationCode"
PROXY_USED, PROXY_SERVER, PROXY_PORT = "LABProxyUsed", "LABProxyServer", "LABProxyPort"
FULL, TRIAL = "LAB full", "LAB trial"

VIEWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    LICENCE_VIEW: ((LICENCE_FORM,), (PLATFORM, EXPIRES, KIND)),
    SETTINGS_VIEW: ((LICENCE_PROXY_FORM, SERVER_PROXY_FORM), ("Form", PROXY_USED, PROXY_SERVER, PROXY_PORT)),
}
"""Each view's forms and columns."""

RIGHT_PROXY = {PROXY_USED: "1", PROXY_SERVER: "proxy.lab.example", PROXY_PORT: "8080"}


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document: `revision` counts its changes, `modified` is in UTC, to the second."""

    unid: str
    form: str
    fields: dict[str, str] = field(default_factory=dict)
    revision: int = 1
    modified: str = "2013-11-05T08:15:00+00:00"
    deleted: bool = False

    @property
    def modified_at(self) -> datetime:
        """`modified` as a moment."""
        return datetime.fromisoformat(self.modified)


Documents = tuple[Document, ...]


def living(documents: Iterable[Document], form: str | None = None) -> Documents:
    """Those that are not deleted, of one form if it is named."""
    return tuple(one for one in documents if not one.deleted and form in {None, one.form})


def licences(documents: Iterable[Document], kind: str = FULL) -> Documents:
    """The licence documents of one kind: full ones, or trial keys."""
    return tuple(one for one in living(documents, LICENCE_FORM) if one.fields[KIND] == kind)


def duplicated(documents: Iterable[Document]) -> bool:
    """Whether a platform has more than one full licence."""
    platforms = [one.fields[PLATFORM] for one in licences(documents)]
    return len(platforms) > len(set(platforms))


def proxy_is_right(documents: Iterable[Document]) -> bool:
    """Whether the proxy stands in both places as it must."""
    places = [living(documents, form) for form in (LICENCE_PROXY_FORM, SERVER_PROXY_FORM)]
    return all(
        place and all(place[0].fields.get(name) == value for name, value in RIGHT_PROXY.items())
        for place in places
    )


def changed(document: Document, now: datetime, fields: Mapping[str, str]) -> Document:
    """`document` with other values in some fields, since `now`."""
    return replace(_touched(document, now), fields={**document.fields, **fields})


def deleted(document: Document, now: datetime) -> Document:
    """The stub that is left of `document`."""
    return replace(_touched(document, now), fields={}, deleted=True)


def _touched(document: Document, now: datetime) -> Document:
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    return replace(document, revision=document.revision + 1, modified=moment)


def edited(documents: Documents, unid: str, edit: Callable[[Document], Document]) -> Documents:
    """All documents, the one with `unid` edited."""
    return tuple(edit(one) if one.unid == unid else one for one in documents)


def renewed(documents: Documents, until: str, now: datetime) -> Documents:
    """All documents, every full licence valid until `until`."""
    full = {one.unid for one in licences(documents) if one.fields[EXPIRES] != until}
    return tuple(changed(one, now, {EXPIRES: until}) if one.unid in full else one for one in documents)


def replicated(mine: Documents, theirs: Documents) -> Documents:
    """`mine` after a pull of `theirs`: of each document the one with more revisions, stubs included."""
    merged = {one.unid: one for one in mine}
    for other in theirs:
        own = merged.get(other.unid)
        if own is None or (other.revision, other.modified) > (own.revision, own.modified):
            merged[other.unid] = other
    return tuple(merged.values())


@dataclass(frozen=True)
class Store:
    """The file that keeps one server's documents, and its lock beside it."""

    path: Path

    def read(self) -> Documents:
        """All documents, stubs too; none where the server has no such file."""
        if not self.path.exists():
            return ()
        return tuple(Document(**one) for one in json.loads(self.path.read_text(encoding="utf-8")))

    def edit(self, change: Callable[[Documents], Documents]) -> tuple[Documents, Documents]:
        """Change the documents while nobody else does; returns them as they were and as they are."""
        with self._locked():
            before = self.read()
            after = change(before)
            if after != before:
                self._write(after)
        return before, after

    def _write(self, documents: Documents) -> None:
        beside = self.path.with_name(self.path.name + ".new")
        text = json.dumps([asdict(one) for one in documents], indent=2)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_name(self.path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
