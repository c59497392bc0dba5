"""A report as one page: it needs no network and no other file; its script only sorts and sifts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count

from markupsafe import Markup, escape

from remediate.records import dataclass
from remediate.reports.charts import chart, spark
from remediate.reports.fleet_view import (
    QUIET,
    WORDS,
    Cell,
    FleetView,
    HostView,
    State,
    measured,
    moment,
)
from remediate.reports.html import rendered
from remediate.reports.words import clipped, counted
from remediate.store.findings import Change

_FIRST_CHANGES = 100
"""Changes that are shown; those beyond are folded."""

_MOST_LETTERS = 8_000_000
"""Letters of messages and diffs that a page has room for, so that a browser opens it at once."""

_SHORTEST, _LONGEST = 200, 4000
"""Letters of one text that are shown: as many as there is room for."""

_MANY_HOSTS = 1000
"""Hosts beyond which rows out of sight are not laid out, and so are not told to a screen reader, either."""

_OVERLINES = {"re-check": "Re-check", "run": "Run", "period": "Report"}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A host in the table, with the number of its story; 0 if there is nothing to tell."""

    host: HostView
    story: int
    cells: Markup


def as_html(view: FleetView) -> str:
    """The whole page. Every text is escaped, and the page forbids itself to load anything."""
    columns = [place for place in range(len(view.columns)) if _is_shown(view, place)]
    rows = _rows(view, columns)
    most = _room(view)
    numbers = count(1)
    news = Counter(each.cell.change for each in view.changes)
    return rendered(
        "fleet.html.j2",
        styles=("page.css", "fleet.css"),
        script="fleet.js",
        view=view,
        overline=_OVERLINES[view.kind],
        columns=[view.columns[place] for place in columns],
        many_hosts=_MANY_HOSTS,
        left_out=len(view.columns) - len(columns),
        rows=rows,
        stories=[row for row in rows if row.story],
        first_changes=view.changes[:_FIRST_CHANGES],
        more_changes=view.changes[_FIRST_CHANGES:],
        first_unseen=view.unseen[:_FIRST_CHANGES],
        more_unseen=view.unseen[_FIRST_CHANGES:],
        news=news,
        words=WORDS,
        shown_states=_states(view),
        checks=lambda host: _checks(view, host),
        counted=counted,
        measured=measured,
        moment=moment,
        clipped=lambda text: clipped(text, most),
        chart=lambda trend: chart(trend, next(numbers)),
        spark=lambda trend: spark(trend, next(numbers)),
    )


def _is_shown(view: FleetView, place: int) -> bool:
    """All checks are shown; of the tasks of a run, those that have done something."""
    return view.kind != "run" or any(host.cells[place].state not in QUIET for host in view.hosts)


def _rows(view: FleetView, columns: Sequence[int]) -> list[_Row]:
    numbers = count(1)
    return [
        _Row(
            host=host,
            story=next(numbers) if host.has_story else 0,
            cells=Markup("").join(_drawn(host.cells[place]) for place in columns),
        )
        for host in view.hosts
    ]


def _drawn(cell: Cell) -> Markup:
    return _td(cell.state, cell.change, measured(cell.figure) if cell.figure else "")


@cache
def _td(state: State, change: Change, figure: str) -> Markup:
    names = f"{state} {change}" if change else state
    # Most are ok, and say so themselves: a page of many hosts has half as much in it.
    shown = [escape(WORDS[state]) if state == "ok" else Markup("<i>{}</i>").format(WORDS[state])]
    shown += [Markup(" <b>{}</b>").format(text) for text in (figure, change) if text]
    return Markup('<td role="cell" class="{}">{}</td>').format(names, Markup("").join(shown))


def _checks(view: FleetView, host: HostView) -> Iterator[tuple[str, Cell]]:
    """The checks of which a story tells; of a run's tasks it tells anyway."""
    for check, cell in zip(view.columns, host.cells, strict=True):
        if cell.change == "fixed" or (cell.state not in QUIET and view.kind != "run"):
            yield check, cell


def _states(view: FleetView) -> list[State]:
    """The states that the page shows, the gravest first."""
    found = {cell.state for host in view.hosts for cell in host.cells}
    return [state for state in WORDS if state in found]


def _room(view: FleetView) -> int:
    """How many letters of each text are shown."""
    texts = sum(
        sum(1 for cell in host.cells if cell.message) + 2 * len(host.tasks)
        for host in view.hosts
        if host.has_story
    )
    return max(_SHORTEST, min(_LONGEST, _MOST_LETTERS // (texts or 1)))
