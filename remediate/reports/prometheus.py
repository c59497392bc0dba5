"""A report as metrics for Prometheus, in its text format, as node_exporter's textfile collector reads it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from remediate.records import dataclass
from remediate.reports.fleet_view import BAD, WORDS, Cell, FleetView, State

_SEVERITIES: Mapping[State, int] = {
    "warning": 1,
    "critical": 2,
    "failed": 3,
    "unreachable": 3,
    "unknown": 3,
}
"""In the numbers of monitoring plug-ins; 0 is all else."""

_SECONDS: Mapping[str, float] = {
    "us": 1e-6, "ms": 1e-3, "s": 1, "sec": 1, "seconds": 1, "min": 60, "minutes": 60,
    "h": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400, "w": 604800, "weeks": 604800,
}  # fmt: skip
"""Units of time: metrics are in seconds."""

Labels = Mapping[str, str]


@dataclass(frozen=True)
class _Family:
    """A metric with its help; all are gauges."""

    name: str
    help: str
    samples: Iterable[tuple[Labels, float]]


def as_prometheus(view: FleetView) -> str:
    """The metrics of what a re-check (or a run) found. They carry no times: those who collect set them."""
    lines = []
    for family in _families(view):
        samples = [f"{family.name}{_labels(labels)} {_number(value)}" for labels, value in family.samples]
        if samples:
            lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} gauge", *samples]
    return "\n".join(lines) + "\n"


def _families(view: FleetView) -> Iterator[_Family]:
    name = {"name": view.name}
    cells = list(_cells(view))
    yield _Family("remediate_run_number", "The number of the run in the history.", [(name, view.run)])
    began = _epoch(view.time)
    if began is not None:
        yield _Family("remediate_run_timestamp_seconds", "When the run was begun.", [(name, began)])
    if view.seconds is not None:
        yield _Family("remediate_run_duration_seconds", "How long the run took.", [(name, view.seconds)])
    yield _Family(
        "remediate_hosts",
        "Hosts by their gravest state.",
        [({**name, "state": state}, view.states.get(state, 0)) for state in WORDS],
    )
    yield _Family(
        "remediate_host_severity",
        "The gravest of a host: 0 ok, 1 warning, 2 critical, 3 not known.",
        [
            ({**name, "host": host}, severity)
            for host, severity in {each.name: _SEVERITIES.get(each.state, 0) for each in view.hosts}.items()
        ],
    )
    yield _Family(
        "remediate_check_severity",
        "A check on a host: 0 ok, 1 warning, 2 critical, 3 not known.",
        [(labels, _SEVERITIES.get(cell.state, 0)) for labels, cell in cells],
    )
    yield _Family(
        "remediate_check_bad_since_timestamp_seconds",
        "Since when a check on a host has been as bad as it is.",
        [
            (labels, since)
            for labels, cell in cells
            if cell.state in BAD and (since := _epoch(cell.since)) is not None
        ],
    )
    yield _Family(
        "remediate_check_measured_seconds",
        "What a check measured on a host, where that is a time.",
        [
            (labels, cell.figure.value * _SECONDS[cell.figure.unit])
            for labels, cell in cells
            if cell.figure is not None and cell.figure.unit in _SECONDS
        ],
    )
    yield _Family(
        "remediate_check_measured",
        "What a check measured on a host, in its own unit.",
        [
            ({**labels, "unit": cell.figure.unit}, cell.figure.value)
            for labels, cell in cells
            if cell.figure is not None and cell.figure.unit not in _SECONDS
        ],
    )
    yield _Family(
        "remediate_check_not_looked_at_severity",
        "A check that was not looked at this time, as it was the last time.",
        list(_unseen(view)),
    )


def _unseen(view: FleetView) -> Iterator[tuple[Labels, float]]:
    last = {(each.host, check): cell for each in view.unseen for check, cell in reversed(each.checks)}
    for (host, check), cell in last.items():
        yield {"name": view.name, "host": host, "check": check}, _SEVERITIES.get(cell.state, 0)


def _cells(view: FleetView) -> Iterator[tuple[Labels, Cell]]:
    """Each check once: names that were made fit to be shown may have become alike, and series must not be."""
    cells = {
        (host.name, check): cell
        for host in view.hosts
        for check, cell in zip(view.columns, host.cells, strict=True)
        if cell.state != "none"
    }
    for (host, check), cell in cells.items():
        yield {"name": view.name, "host": host, "check": check}, cell


def _labels(labels: Labels) -> str:
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _epoch(time: str) -> float | None:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
