"""Hosts against checks: cells made of findings and of recaps, and the order in which they are shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from remediate.recheck.outcome import Absent
from remediate.reports.cleaning import printable
from remediate.reports.fleet_trends import Courses
from remediate.reports.fleet_view import GRAVITY, NOTHING, Cell, Changed, HostView, State, Told, Unseen
from remediate.reports.words import natural, printable_line
from remediate.store.findings import Finding
from remediate.store.history import KeptRun

_STATES: Mapping[str, State] = {"ok": "ok", "failed": "failed", "unreachable": "unreachable"}
_COUNTED: tuple[State, ...] = ("failed", "unreachable", "unknown", "changed", "ignored", "ok", "skipped")
"""What a recap counts, the gravest first."""


def state_of(finding: Finding) -> State:
    """A finding's verdict and severity in one word."""
    if finding.severity == "unknown":
        return _STATES.get(finding.verdict, "unknown")
    return finding.severity


def matrix(findings: Iterable[Finding]) -> tuple[list[str], dict[str, list[Cell]]]:
    """The checks, and for each host a cell for each of them."""
    found: dict[str, dict[str, Cell]] = {}
    columns: dict[str, None] = {}
    for each in findings:
        found.setdefault(each.host, {})[each.check] = _cell(each)
        columns[each.check] = None
    cells = {host: [its.get(check, NOTHING) for check in columns] for host, its in found.items()}
    return [printable_line(check) for check in columns], cells


def _cell(finding: Finding) -> Cell:
    figure = finding.figure
    return Cell(
        state=state_of(finding),
        change=finding.change,
        since=finding.since,
        message=printable(finding.message),
        figure=None if figure is None else replace(figure, unit=printable_line(figure.unit)),
    )


def host_views(
    cells: Mapping[str, Sequence[Cell]], told: Mapping[str, Sequence[Told]], courses: Courses
) -> list[HostView]:
    """The hosts, the gravest first."""
    hosts = [
        HostView(
            name=printable_line(host),
            cells=tuple(its),
            tasks=tuple(told.get(host, ())),
            courses=tuple(courses.hosts.get(host, ())),
        )
        for host, its in cells.items()
    ]
    return sorted(hosts, key=lambda host: (GRAVITY[host.state], natural(host.name)))


def unseen_of(absent: Iterable[Absent]) -> list[Unseen]:
    """What was not looked at, by host: those of which something was not well come first."""
    hosts: dict[tuple[str, str], list[tuple[str, Cell]]] = {}
    for each in absent:
        last = replace(_cell(each.finding), change="")
        checks = hosts.setdefault((printable_line(each.finding.host), each.why), [])
        checks.append((printable_line(each.finding.check), last))
    unseen = [
        Unseen(host=host, why=why, checks=tuple(sorted(checks, key=lambda check: GRAVITY[check[1].state])))
        for (host, why), checks in hosts.items()
    ]
    return sorted(unseen, key=lambda each: (GRAVITY[each.checks[0][1].state], natural(each.host)))


def changes_of(changed: Iterable[tuple[str, Finding]]) -> list[Changed]:
    """What re-checks found to be new or fixed, with their times."""
    return in_order(
        Changed(
            time=time,
            host=printable_line(each.host),
            check=printable_line(each.check),
            cell=_cell(each),
        )
        for time, each in changed
    )


def in_order(changes: Iterable[Changed]) -> list[Changed]:
    """What is new before what is fixed, the gravest first, and of one host the last first."""
    by_time = sorted(changes, key=lambda each: each.time, reverse=True)
    return sorted(
        by_time,
        key=lambda each: (each.cell.change != "new", GRAVITY[each.cell.state], natural(each.host)),
    )


def run_cells(runs: Sequence[KeptRun]) -> dict[str, list[Cell]]:
    """For each host how each run ended there, from the recaps."""
    cells: dict[str, list[Cell]] = {}
    for place, run in enumerate(runs):
        for host, counts in (run.ended or {"hosts": {}})["hosts"].items():
            state: State = next((word for word in _COUNTED if counts.get(word)), "none")
            cells.setdefault(host, [NOTHING] * len(runs))[place] = Cell(state=state)
    return cells
