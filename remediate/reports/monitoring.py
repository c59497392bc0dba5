"""A re-check as a monitoring plug-in tells it: one line, performance data, and an exit code.

As the Monitoring Plugins Development Guidelines have it (https://www.monitoring-plugins.org/doc/guidelines.html).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from remediate.measured import Measured
from remediate.recheck.gathering import gravity
from remediate.recheck.outcome import Outcome, hosts_of
from remediate.reports.words import counted, named, natural, one_line, printable_line
from remediate.severity import GRAVEST_FIRST, Severity
from remediate.store.findings import Finding

EXIT_CODES: dict[Severity, int] = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}

_UNITS = frozenset({"s", "us", "ms", "%", "B", "KB", "MB", "GB", "TB", "c"})
"""What may stand behind a value; a number of anything else, such as days, stands alone."""

_MOST_CHECKS, _LONGEST = 5, 120
"""Checks that the line names before it counts them, and letters of what it says of each."""


def status_line(outcome: Outcome) -> str:
    """The one line, with the performance data behind the bar."""
    said = f"{outcome.recheck.name}: {'; '.join(_text(outcome))}"
    return f"{line(outcome.severity, said)} | {' '.join(_performance(outcome))}"


def line(severity: Severity, text: str) -> str:
    """A status with its text, in one line, and without the bar that would end it."""
    return f"{severity.upper()} - {printable_line(text).replace('|', '/')}"


def _text(outcome: Outcome) -> Iterator[str]:
    findings = outcome.recheck.findings
    if not findings:
        yield "nothing was looked at"
        return
    yield f"{counted(len(hosts_of(findings)), 'host')}, {counted(len(findings), 'check')}"
    by_check: dict[tuple[int, str], list[Finding]] = {}
    for each in findings:
        if each.severity != "ok":
            by_check.setdefault((gravity(each), each.check), []).append(each)
    bad = sorted(by_check.items(), key=lambda item: item[0])
    yield from (_said(found) for _, found in bad[:_MOST_CHECKS])
    if len(bad) > _MOST_CHECKS:
        yield f"and {counted(len(bad) - _MOST_CHECKS, 'check')} more"
    away = {each.finding.host for each in outcome.absent if each.why != "not asked"}
    if away:
        yield f"{counted(len(away), 'host')} not looked at"


def _said(found: Iterable[Finding]) -> str:
    """A check with its hosts, and what is wrong on the first of them."""
    ordered = sorted(found, key=lambda each: natural(each.host))
    first = ordered[0]
    message = one_line(first.message)
    short = message if len(message) <= _LONGEST else message[:_LONGEST] + "..."
    hosts = named([each.host for each in ordered], [])
    return f"{first.severity} {first.check} on {hosts}" + (f" ({short})" if short else "")


def _performance(outcome: Outcome) -> Iterator[str]:
    """How many checks there are of each gravity, and of each figure the worst of the fleet."""
    findings = outcome.recheck.findings
    grave = Counter(each.severity for each in findings)
    for severity in reversed(GRAVEST_FIRST):
        yield f"checks_{severity}={grave[severity]};;;0;{len(findings)}"
    yield f"hosts={len(hosts_of(findings))};;;0"
    worst: dict[str, Measured] = {}
    for each in findings:
        if each.figure is not None:
            label = _label(each.check)
            before = worst.setdefault(label, each.figure)
            worst[label] = max(before, each.figure, key=_badness)
    for label, figure in worst.items():
        yield f"{label}={_measured(figure)}"


def _badness(figure: Measured) -> float:
    return figure.value if figure.upper else -figure.value


def _label(check: str) -> str:
    """A check's name as a label: in quotes, and without what a label cannot hold."""
    shown = printable_line(check) or "_"
    return "'" + "".join("_" if each in "'=|" else each for each in shown) + "'"


def _measured(figure: Measured) -> str:
    unit = figure.unit if figure.unit in _UNITS else ""
    limits = (_range(each, upper=figure.upper) for each in (figure.warning, figure.critical))
    return ";".join((f"{_number(figure.value)}{unit}", *limits)).rstrip(";")


def _range(limit: float | None, *, upper: bool) -> str:
    """The values that are well: from the limit on, or (`~:`, from below zero, too) up to it."""
    if limit is None:
        return ""
    return f"~:{_number(limit)}" if upper else f"{_number(limit)}:"


def _number(value: float) -> str:
    """Digits, sign and point alone: no exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
