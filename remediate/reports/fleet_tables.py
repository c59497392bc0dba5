"""The tables that the `fleet_table` tasks of a play fill: gathered from the events, laid out as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from remediate.engine.events import PlayStarted, TaskEnded
from remediate.reports.cleaning import printable
from remediate.secrecy import Redactor

_WIDEST = 60
"""Letters of a cell before it goes on in the next line, where there is no terminal to set the width."""

_LONGEST_WORD = 15
"""Letters of a word that are kept together in a table on a terminal."""

_RULED = 4
"""What the lines and blanks around a cell take, at most."""

_DOUBTFUL = "*"


def row_of(event: TaskEnded) -> tuple[str, Mapping[str, Any]] | None:
    """The table's title and the row, if the task has given one; one with `no_log` has not."""
    if event.module != "fleet_table" or not isinstance(event.result.get("row"), Mapping):
        return None
    return str(event.result["title"]), event.result["row"]


@dataclass(frozen=True, kw_only=True)
class FleetTable:
    """One table of a play: for each host its cells as text, in the inventory's order.

    `doubtful` are hosts whose row rests on provisional answers; `absent` hosts of the play that gave none.
    """

    title: str
    headings: Sequence[str]
    rows: Mapping[str, Sequence[str]]
    doubtful: frozenset[str] = frozenset()
    absent: Sequence[str] = ()


@dataclass
class FleetTables:
    """Gathers the rows of one play, without the secrets in them."""

    redactor: Redactor
    _hosts: dict[str, None] = field(default_factory=dict)
    _rows: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    _doubtful: set[str] = field(default_factory=set)

    def start(self, event: PlayStarted) -> None:
        """Another batch of hosts, in the inventory's order."""
        self._hosts.update(dict.fromkeys(event.hosts))

    def note(self, event: TaskEnded) -> None:
        """Keep the row, if it is one; the last one of a host counts."""
        found = row_of(event)
        if found is not None:
            title, row = found
            self._rows.setdefault(title, {})[event.host] = row
            if event.certainty != "known":
                self._doubtful.add(event.host)

    def take(self) -> list[FleetTable]:
        """The tables of the play that has ended; the next one begins with none."""
        tables = [self._table(title, rows) for title, rows in self._rows.items()]
        self._hosts, self._rows, self._doubtful = {}, {}, set()
        return tables

    def _table(self, title: str, rows: Mapping[str, Mapping[str, Any]]) -> FleetTable:
        hosts = [host for host in self._hosts if host in rows]
        headings = list(dict.fromkeys(name for host in hosts for name in rows[host]))
        return FleetTable(
            title=self._cell(title),
            headings=list(map(self._cell, headings)),
            rows={host: [self._cell(rows[host].get(name)) for name in headings] for host in hosts},
            doubtful=frozenset(self._doubtful.intersection(hosts)),
            absent=[host for host in self._hosts if host not in rows],
        )

    def _cell(self, value: Any) -> str:
        # Before it is made one line, and after: a number may be a secret, too.
        return self.redactor.redact(cell_text(self.redactor.redact_all(value)))


def cell_text(value: Any) -> str:
    """A value in one line: lists with commas, truth values in words, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {cell_text(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(cell_text, value))
    return " ".join(printable(str(value)).split())


def drawn(table: FleetTable, width: int) -> Table | Text:
    """The table for a terminal of this width: long cells wrap, or it goes host by host."""
    rows = [(_marked(table, host), *cells) for host, cells in table.rows.items()]
    headings = ("host", *table.headings)
    least = [_least(column) for column in zip(headings, *rows, strict=True)]
    if sum(least) + _RULED * len(least) > width:
        return _host_by_host(table)
    made = Table(title=Text(table.title), title_justify="left", title_style="bold", show_lines=True)
    for heading, narrowest in zip(headings, least, strict=True):
        made.add_column(Text(heading), overflow="fold", min_width=narrowest)
    for row in rows:
        made.add_row(*map(Text, row))
    return made


def _least(column: Sequence[str]) -> int:
    """How narrow a column can be: words stay whole, but for very long ones."""
    return min(_LONGEST_WORD, max((cell_len(word) for cell in column for word in cell.split()), default=1))


def _host_by_host(table: FleetTable) -> Text:
    lines = [table.title]
    for host, cells in table.rows.items():
        said = zip(table.headings, cells, strict=True)
        lines += [_marked(table, host), *(f"    {heading}: {cell}" for heading, cell in said if cell)]
    return Text("\n".join(lines))


def plain_lines(table: FleetTable) -> list[str]:
    """The table in aligned columns; a long cell goes on in the lines below it."""
    rows = [["host", *table.headings]]
    rows += [[_marked(table, host), *cells] for host, cells in table.rows.items()]
    ruler = Console(width=_WIDEST)
    wrapped = [[_wrapped(cell, ruler) for cell in row] for row in rows]
    widths = [
        max(cell_len(line) for cell in column for line in cell) for column in zip(*wrapped, strict=True)
    ]
    lines = [table.title]
    for row in wrapped:
        for parts in zip_longest(*row, fillvalue=""):
            pairs = zip(parts, widths, strict=True)
            lines.append("  ".join(set_cell_size(part, width) for part, width in pairs).rstrip())
    return lines


def notes(table: FleetTable) -> list[str]:
    """What is to be said below the table."""
    said = []
    if table.doubtful:
        said.append(f"{_DOUBTFUL} provisional: an earlier task may still change it")
    if table.absent:
        said.append(f"without a row: {', '.join(table.absent)}")
    return said


def _marked(table: FleetTable, host: str) -> str:
    return cell_text(host) + (f" {_DOUBTFUL}" if host in table.doubtful else "")


def _wrapped(cell: str, ruler: Console) -> list[str]:
    """The cell in lines of `_WIDEST` letters at most, broken between words where that is possible."""
    lines = Text(cell).wrap(ruler, _WIDEST, overflow="fold")
    return [line.plain.rstrip() for line in lines] or [""]
