"""The tables that the `fleet_table` tasks of a play fill, gathered from the events."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from remediate.engine.events import PlayStarted, TaskEnded
from remediate.records import dataclass
from remediate.reports.cleaning import printable
from remediate.secrecy import Redactor

_DOUBTFUL = "*"


def row_of(event: TaskEnded) -> tuple[str, Mapping[str, Any]] | None:
    """The table's title and the row, if the task has given one; one with `no_log` has not."""
    if event.module != "fleet_table" or not isinstance(event.result.get("row"), Mapping):
        return None
    return str(event.result["title"]), event.result["row"]


class FleetTable(NamedTuple):
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


def notes(table: FleetTable) -> list[str]:
    """What is to be said below the table."""
    said = []
    if table.doubtful:
        said.append(f"{_DOUBTFUL} provisional: an earlier task may still change it")
    if table.absent:
        said.append(f"without a row: {', '.join(table.absent)}")
    return said


def marked(table: FleetTable, host: str) -> str:
    """The host's name, with a mark if its row is doubtful."""
    return cell_text(host) + (f" {_DOUBTFUL}" if host in table.doubtful else "")
