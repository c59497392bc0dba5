"""A report as JUnit XML, as Jenkins and GitLab read it: a suite for each host, a case for each check."""

from collections import Counter
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from remediate.reports.fleet_view import WORDS, Cell, FleetView, HostView, State, measured
from remediate.reports.words import clipped

_FAILURES: frozenset[State] = frozenset({"critical", "warning"})
_ERRORS: frozenset[State] = frozenset({"failed", "unreachable", "unknown"})


def as_junit(view: FleetView) -> str:
    """The whole report. What is not as it should be is a failure; what could not be told, an error."""
    every = Counter(_outcome(cell) for host in view.hosts for cell in host.cells)
    root = Element("testsuites", {"name": view.title, **_counts(every)})
    if view.seconds is not None:
        root.set("time", f"{view.seconds:.3f}")
    for host in view.hosts:
        _suite(root, view, host)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, view: FleetView, host: HostView) -> None:
    counts = _counts(Counter(map(_outcome, host.cells)))
    about = {"name": host.name, "hostname": host.name, "timestamp": _moment(view.time), "time": "0"}
    suite = SubElement(root, "testsuite", {**about, **counts})
    for check, cell in zip(view.columns, host.cells, strict=True):
        if cell.state != "none":
            _case(suite, host.name, check, cell)


def _case(suite: Element, host: str, check: str, cell: Cell) -> None:
    case = SubElement(suite, "testcase", {"classname": host, "name": check, "time": "0"})
    outcome = _outcome(cell)
    if outcome in ("failure", "error"):
        message = clipped(cell.message) or WORDS[cell.state]
        about = {"type": cell.state, "message": message.splitlines()[0] if message.strip() else ""}
        SubElement(case, outcome, about).text = "\n".join(filter(None, [cell.words, message]))
    elif outcome == "skipped":
        SubElement(case, "skipped")
    if cell.figure is not None:
        SubElement(case, "system-out").text = measured(cell.figure)


def _outcome(cell: Cell) -> str:
    if cell.state in _FAILURES:
        return "failure"
    if cell.state in _ERRORS:
        return "error"
    return cell.state if cell.state in ("skipped", "none") else "passed"


def _counts(outcomes: Counter[str]) -> dict[str, str]:
    return {
        "tests": str(outcomes.total() - outcomes["none"]),
        "failures": str(outcomes["failure"]),
        "errors": str(outcomes["error"]),
        "skipped": str(outcomes["skipped"]),
    }


def _moment(time: str) -> str:
    """A time as the schema has it: in UTC, without its zone."""
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return "1970-01-01T00:00:00"
