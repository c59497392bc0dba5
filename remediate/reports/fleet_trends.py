"""Courses over re-checks (or runs) of one name: how many hosts are not well, and what was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from remediate.measured import Measured
from remediate.records import dataclass
from remediate.reports.fleet_view import Line, Point, State, Trend
from remediate.reports.words import printable_line
from remediate.severity import Severity
from remediate.store.findings import Findings, RecheckTime
from remediate.store.history import KeptRun

MOST_POINTS = 30
"""Re-checks that a course shows; of more, as many at even distances."""

_FEWEST_POINTS = 2
Item = TypeVar("Item")

_LINES: tuple[tuple[str, Severity, State], ...] = (
    ("critical", "critical", "critical"),
    ("warning", "warning", "warning"),
    ("not known", "unknown", "unknown"),
)


@dataclass(frozen=True, kw_only=True)
class Courses:
    """The trends of the fleet, and for each host and check the course of what was measured."""

    fleet: Sequence[Trend] = ()
    hosts: Mapping[str, Sequence[Trend]]


def thinned(items: Sequence[Item], most: int = MOST_POINTS) -> Sequence[Item]:
    """At most so many of them at even distances, the first and the last among them."""
    if len(items) <= most:
        return items
    return [items[place * (len(items) - 1) // (most - 1)] for place in range(most)]


def recheck_courses(findings: Findings, times: Sequence[RecheckTime]) -> Courses:
    """The courses over re-checks of one name."""
    shown = thinned(times)
    if len(shown) < _FEWEST_POINTS:
        return Courses(hosts={})
    when = {each.run: each.time for each in shown}
    counts = findings.severities(list(when))
    fleet = [
        Trend(
            title="Hosts that are not as they should be",
            unit="hosts",
            lines=tuple(
                Line(
                    name=name,
                    state=state,
                    points=tuple(
                        Point(time=time, value=counts[run].get(severity, 0)) for run, time in when.items()
                    ),
                )
                for name, severity, state in _LINES
            ),
        )
    ]
    measured: dict[str, dict[str, dict[int, Measured]]] = {}
    for run, host, check, figure in findings.figures(list(when)):
        measured.setdefault(check, {}).setdefault(host, {})[run] = figure
    hosts: dict[str, list[Trend]] = {}
    for check, of_hosts in measured.items():
        fleet.append(_worst(check, of_hosts.values(), when))
        for host, figures in of_hosts.items():
            if len(figures) >= _FEWEST_POINTS:
                hosts.setdefault(host, []).append(_course(check, figures, when))
    return Courses(fleet=fleet, hosts=hosts)


def run_trend(runs: Sequence[KeptRun]) -> Sequence[Trend]:
    """How many hosts failed, or were unreachable, in runs of one name."""
    shown = [run for run in thinned(runs) if run.ended is not None]
    if len(shown) < _FEWEST_POINTS:
        return ()

    def number(ended: Mapping[str, Any], word: str) -> int:
        return sum(1 for counts in ended["hosts"].values() if counts[word])

    words: tuple[State, ...] = ("failed", "unreachable")
    lines = tuple(
        Line(
            name=word,
            state=word,
            points=tuple(
                Point(time=run.head.get("began", ""), value=number(run.ended or {}, word)) for run in shown
            ),
        )
        for word in words
    )
    return (Trend(title="Hosts on which a run of this name failed", unit="hosts", lines=lines),)


def _worst(check: str, of_hosts: Iterable[Mapping[int, Measured]], when: Mapping[int, str]) -> Trend:
    """The worst figure of all hosts over time: the least, or the greatest where the limits are upper ones."""
    worst: dict[int, Measured] = {}
    for figures in of_hosts:
        for run, figure in figures.items():
            pick = max if figure.upper else min
            worst[run] = pick(worst.get(run, figure), figure, key=lambda each: each.value)
    trend = _course(check, worst, when)
    which = "greatest" if next(iter(worst.values())).upper else "least"
    return Trend(
        title=f"{trend.title}: the {which} of all hosts",
        unit=trend.unit,
        lines=trend.lines,
        limits=trend.limits,
    )


def _course(check: str, figures: Mapping[int, Measured], when: Mapping[int, str]) -> Trend:
    last = figures[max(figures)]
    name = printable_line(check)
    points = tuple(Point(time=time, value=figures[run].value) for run, time in when.items() if run in figures)
    limits: tuple[tuple[State, float | None], ...] = (("warning", last.warning), ("critical", last.critical))
    return Trend(
        title=name,
        unit=printable_line(last.unit),
        lines=(Line(name=name, state="ok", points=points),),
        limits=tuple((state, limit) for state, limit in limits if limit is not None),
    )
