"""A report as comma-separated values (RFC 4180), a line for each check on each host, for spreadsheets."""

import csv
import io
from dataclasses import replace

from remediate.reports.fleet_view import Cell, FleetView

_HEADINGS = (
    "run", "time", "name", "host", "check", "state", "change", "since",
    "value", "unit", "warning", "critical", "message",
)  # fmt: skip
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""With these (the last four are wide), also behind blanks, spreadsheets take a text for a formula."""

_LONGEST = 32_000
"""Letters of a text; spreadsheets take 32,767 in a cell."""


def as_csv(view: FleetView) -> str:
    """The whole report, with a line of headings."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADINGS)
    for host in view.hosts:
        for check, cell in zip(view.columns, host.cells, strict=True):
            if cell.state != "none":
                place = (view.run, view.time, _text(view.name), _text(host.name), _text(check))
                writer.writerow((*place, *_values(cell)))
    for each in view.unseen:
        for check, cell in each.checks:
            place = (view.run, view.time, _text(view.name), _text(each.host), _text(check))
            said = f"{each.why}; last: {cell.words}" + (f": {cell.message}" if cell.message else "")
            writer.writerow((*place, *_values(replace(cell, state="none", message=said))))
    return out.getvalue()


def _values(cell: Cell) -> tuple[object, ...]:
    figure = cell.figure
    measured = (None,) * 4 if figure is None else (
        figure.value, _text(figure.unit), figure.warning, figure.critical
    )  # fmt: skip
    return cell.state, cell.change, cell.since, *measured, _text(cell.message)


def _text(text: str) -> str:
    """The text as a spreadsheet leaves it alone: behind an apostrophe where it would be a formula."""
    return f"'{text[:_LONGEST]}" if text.lstrip().startswith(_FORMULA) else text[:_LONGEST]
