"""Hosts against tasks, a table for each play: hosts on which everything comes to the same share a row."""

from collections.abc import Iterator, Sequence

from remediate.records import dataclass
from remediate.reports.plan_folding import Alike, FoldedPlay, FoldedTask
from remediate.reports.plan_words import Kind

_WIDEST = 30
"""Tasks in one table: as many as fit on a sheet of paper."""


@dataclass(frozen=True)
class Cell:
    """What a task comes to on the hosts of a row."""

    kind: Kind = "not run"
    provisional: bool = False
    for_good: bool = False

    @property
    def words(self) -> str:
        """The same in words."""
        more = {"provisional": self.provisional, "cannot be undone": self.for_good}
        return ", ".join([self.kind, *(word for word, holds in more.items() if holds)])


@dataclass(frozen=True, kw_only=True)
class Row:
    """Hosts, and a cell for each task of the table."""

    hosts: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """One table: its tasks (those that do something on some host), and its rows, the largest first."""

    play: FoldedPlay
    tasks: Sequence[FoldedTask]
    rows: Sequence[Row]
    part: int
    parts: int


def matrices(play: FoldedPlay) -> Iterator[Matrix]:
    """The tables of a play; more than one if it has very many tasks, none if nothing is to be done."""
    telling = [task for task in play.tasks if task.telling]
    parts = -(-len(telling) // _WIDEST)
    for part in range(parts):
        tasks = telling[part * len(telling) // parts : (part + 1) * len(telling) // parts]
        yield Matrix(play=play, tasks=tasks, rows=_rows(play.hosts, tasks), part=part + 1, parts=parts)


def _rows(hosts: Sequence[str], tasks: Sequence[FoldedTask]) -> list[Row]:
    columns = [
        {host: cell for group in task.groups for cell in (_cell(group),) for host in group.hosts}
        for task in tasks
    ]
    nothing = Cell()
    together: dict[tuple[Cell, ...], list[str]] = {}
    for host in hosts:
        together.setdefault(tuple(column.get(host, nothing) for column in columns), []).append(host)
    rows = [Row(hosts=tuple(alike), cells=cells) for cells, alike in together.items()]
    return sorted(rows, key=lambda row: -len(row.hosts))


def _cell(group: Alike) -> Cell:
    return Cell(group.kind, group.certainty == "provisional", group.is_for_good)
