"""Question to a Domino server's HTTP task: which documents are in a view."""

from collections.abc import Iterable
from dataclasses import field, replace
from typing import ClassVar, Literal

from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow
from remediate.facts.domino_entries import Column, Page, Row, parse_json_page, parse_xml_page
from remediate.facts.domino_http import UNID, WebServer, page_title, path_of
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.records import dataclass
from remediate.secrecy import whole_or_counted

PAGE = 500
"""Rows asked for at once; a server may give fewer."""

MOST = 20_000
"""Rows of the largest view that is read."""


@dataclass(frozen=True, kw_only=True)
class ViewEntry:
    """One document in a view. Columns of the categories above it count as its own."""

    unid: str
    position: str = field(compare=False)
    """Where it stands, such as `3` or `2.1`. Others move it."""
    columns: tuple[Column, ...] = field(repr=False)
    conflict: bool = False
    """Whether it is a replication or save conflict."""


@dataclass(frozen=True, kw_only=True)
class ViewContent:
    """The documents of a view, in its order."""

    entries: tuple[ViewEntry, ...] = field(repr=False)

    def without(self, unid: str) -> "ViewContent":
        """The same view when this document is gone."""
        return ViewContent(entries=tuple(entry for entry in self.entries if entry.unid != unid))

    @property
    def unids(self) -> tuple[str, ...]:
        """The documents' ids."""
        return tuple(entry.unid for entry in self.entries)

    def __repr__(self) -> str:
        # This may stand in a message, and columns may hold secrets.
        return f"{len(self.entries)} entries: {' '.join(self.unids)}"


@dataclass(frozen=True, kw_only=True)
class DominoView(Fact[ViewContent]):
    """`?ReadViewEntries`, page after page until no row is new."""

    by_request: ClassVar[bool] = True

    server: WebServer
    database: str
    view: str
    format: Literal["xml", "json"] = "xml"
    deadline: float = 60.0

    def about(self) -> str:
        """Which one."""
        return f"view {self.view} of {self.database}"

    def ask(self) -> HttpRequest:
        """The first page."""
        return _NextPage(asked=self).ask()

    def read(self, response: HttpResponse) -> ViewContent | Follow[ViewContent]:
        """See `_NextPage.read`."""
        return _NextPage(asked=self).read(response)

    def reads(self, resource: str) -> bool:
        """A change of this database; a console command to any Domino server here may make one, too."""
        return touches_database(self.server, self.database, resource)

    def __str__(self) -> str:
        return f"the view '{self.view}' of {self.database}"


@dataclass(frozen=True, kw_only=True)
class _NextPage(Fact[ViewContent]):
    by_request: ClassVar[bool] = True

    asked: DominoView
    rows: tuple[Row, ...] = ()

    def ask(self) -> HttpRequest:
        path = path_of(self.asked.database, self.asked.view)
        output = "&OutputFormat=JSON" if self.asked.format == "json" else ""
        return self.asked.server.request(
            f"{path}?ReadViewEntries&Start={_start(self.rows)}&Count={PAGE}&ExpandView{output}"
        )

    def read(self, response: HttpResponse) -> ViewContent | Follow[ViewContent]:
        """The whole view, or the question for the next page.

        Raises:
            TaskFailed: if it is no view entries, or not all of them can be had.
        """
        page = self._page(response)
        known = {(row.position, row.unid) for row in self.rows}
        new = tuple(row for row in page.rows if (row.position, row.unid) not in known)
        rows = (*self.rows, *new)
        if len(rows) > MOST:
            raise TaskFailed(f"{self.asked} has more than {MOST} rows", cure="name a smaller view")
        flat = all(row.unid and "." not in row.position for row in rows)
        if new and not (flat and page.top_level == len(rows)):
            return Follow(replace(self, rows=rows), 0.0)
        _check_whole(rows, page.top_level, str(self.asked))
        return ViewContent(entries=tuple(_documents(rows)))

    def _page(self, response: HttpResponse) -> Page:
        refusal = self.asked.server.refusal(response, str(self.asked))
        if refusal is not None:
            raise refusal
        charset = "utf-8"
        if "charset=iso-8859-1" in (response.header("Content-Type") or "").lower():
            charset = "iso-8859-1"
        text = response.body.decode(charset, "replace")
        try:
            return parse_json_page(text) if self.asked.format == "json" else parse_xml_page(text)
        except ValueError as error:
            title = page_title(response)
            came = f"a page came ('{title}')" if title is not None else f"what came is wrong: {error}"
            other = "xml" if self.asked.format == "json" else "json"
            raise TaskFailed(
                f"{self.asked}: no view entries, {came}",
                cure=f"open it in a browser: is it a view, and may this user see it? Or try format: {other}",
            ) from None

    def overdue(self) -> str:
        return f"{self.asked} was not read to its end: {len(self.rows)} rows so far"

    def reads(self, resource: str) -> bool:
        return True


def touches_database(server: WebServer, database: str, resource: str) -> bool:
    """Whether a change of `resource` may change the documents of a database."""
    if resource.startswith("domino:"):  # a console command: replication, a task that writes into it...
        return True
    return resource == server.resource(database) or resource.endswith("/" + database.strip("/"))


def _start(rows: tuple[Row, ...]) -> str:
    """Where the next page begins: at the last row once more, since what stands below it may follow."""
    return "1" if not rows else rows[-1].position or str(len(rows) + 1)


def _check_whole(rows: tuple[Row, ...], top_level: int | None, view: str) -> None:
    positions = {row.position.partition(".")[0] for row in rows if row.position}
    found = len(positions) if positions else len(rows)
    if top_level is not None and found < top_level:
        raise TaskFailed(
            f"{view} came incomplete: {found} of {top_level} top-level rows",
            cure="this user may not read all its documents, or the server limits its answers: nothing can "
            "be decided on a part",
        )
    for row in rows:
        if row.unid and not UNID.fullmatch(row.unid):
            raise TaskFailed(f"{view}: '{whole_or_counted(row.unid, 40)}' is no document id")


def _documents(rows: tuple[Row, ...]) -> Iterable[ViewEntry]:
    categories = {row.position: row.columns for row in rows if not row.unid and row.position}
    for row in rows:
        if not row.unid:
            continue
        parts = row.position.split(".")
        above = [categories.get(".".join(parts[:depth]), ()) for depth in range(1, len(parts))]
        own = {column.number: column for columns in (*above, row.columns) for column in columns}
        columns = tuple(own[number] for number in sorted(own))
        yield ViewEntry(unid=row.unid, position=row.position, columns=columns, conflict=row.conflict)
