"""The tables of a play laid out: for a terminal, or as plain lines."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from remediate.reports.fleet_tables import FleetTable, marked

_WIDEST = 60
"""Letters of a cell before it goes on in the next line, where there is no terminal to set the width."""

_LONGEST_WORD = 15
"""Letters of a word that are kept together in a table on a terminal."""

_RULED = 4
"""What the lines and blanks around a cell take, at most."""


def drawn(table: FleetTable, width: int) -> Table | Text:
    """The table for a terminal of this width: long cells wrap, or it goes host by host."""
    rows = [(marked(table, host), *cells) for host, cells in table.rows.items()]
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
        lines += [marked(table, host), *(f"    {heading}: {cell}" for heading, cell in said if cell)]
    return Text("\n".join(lines))


def plain_lines(table: FleetTable) -> list[str]:
    """The table in aligned columns; a long cell goes on in the lines below it."""
    rows = [["host", *table.headings]]
    rows += [[marked(table, host), *cells] for host, cells in table.rows.items()]
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


def _wrapped(cell: str, ruler: Console) -> list[str]:
    """The cell in lines of `_WIDEST` letters at most, broken between words where that is possible."""
    lines = Text(cell).wrap(ruler, _WIDEST, overflow="fold")
    return [line.plain.rstrip() for line in lines] or [""]
