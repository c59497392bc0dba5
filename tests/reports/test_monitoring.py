"""The line for a monitoring system: of the form that its guidelines give, whatever was found."""

import math
import re
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remediate.measured import Measured
from remediate.recheck.outcome import Absent, Outcome
from remediate.reports.monitoring import EXIT_CODES, line, status_line
from remediate.severity import Severity
from remediate.store.findings import Finding, Recheck, Verdict

VERDICTS: dict[Severity, Verdict] = {
    "ok": "ok",
    "warning": "drifted",
    "critical": "drifted",
    "unknown": "failed",
}
DATUM = re.compile(r"'?[^'=]+'?=-?[0-9.]+(us|ms|s|%|B|KB|MB|GB|TB|c)?(;[-0-9.:~@]*){0,4}")
"""'label'=value[UOM];[warn];[crit];[min];[max]"""

TEXT = st.text(max_size=30) | st.sampled_from(["a|b", "it's", "a=b", "two\nlines", "\x1b[31m", "", "'", "  "])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
FIGURES = st.builds(
    Measured,
    value=NUMBERS,
    unit=st.sampled_from(["", "d", "s", "%", "MB"]),
    warning=st.none() | NUMBERS,
    critical=st.none() | NUMBERS,
)
FINDINGS = st.builds(
    Finding,
    host=TEXT,
    check=TEXT,
    verdict=st.just("drifted"),
    severity=st.sampled_from(["ok", "warning", "critical", "unknown"]),
    message=TEXT,
    figure=st.none() | FIGURES,
)


def outcome(*findings: Finding, name: str = "nightly", absent: tuple[Absent, ...] = ()) -> Outcome:
    """A re-check that found this."""
    return Outcome(recheck=Recheck(run=1, name=name, time="now", findings=findings), absent=absent)


def finding(severity: Severity = "ok", host: str = "one", check: str = "licence", **more: object) -> Finding:
    """What a check said."""
    return Finding(host=host, check=check, verdict=VERDICTS[severity], severity=severity, **more)  # type: ignore[arg-type]


def performance(text: str) -> dict[str, str]:
    """The performance data by their labels, as a monitoring system reads them."""
    return dict(each.split("=", 1) for each in shlex.split(text.split(" | ", 1)[1]))


@given(st.lists(FINDINGS, max_size=8), TEXT)
@example([], "")
def test_it_is_one_line_whatever_was_found(findings: list[Finding], name: str) -> None:
    """Status word, one bar, data of the form that the guidelines give; nothing steers a terminal."""
    text = status_line(outcome(*findings, name=name))
    assert text.isprintable()
    status, _, rest = text.partition(" - ")
    assert status.lower() in EXIT_CODES
    said, bar, data = rest.partition(" | ")
    assert "|" not in said + data
    assert bar
    assert re.fullmatch(rf"{DATUM.pattern}( {DATUM.pattern})*", data), data
    assert len(performance(text)) == data.count("=")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_told_as_it_is(value: float) -> None:
    """Without an exponent, and without a digit less."""
    told = performance(status_line(outcome(finding(figure=Measured(value=value)))))["licence"]
    assert math.isclose(float(told), value, rel_tol=0)
    assert set(told) <= set("-0123456789.")


@pytest.mark.parametrize(
    ("severities", "status", "code"),
    [
        (["ok", "ok"], "OK", 0),
        (["ok", "warning", "unknown"], "WARNING", 1),
        (["warning", "critical", "unknown"], "CRITICAL", 2),
        (["ok", "unknown"], "UNKNOWN", 3),
        ([], "UNKNOWN", 3),
    ],
)
def test_the_gravest_counts(severities: list[Severity], status: str, code: int) -> None:
    """Critical before warning before unknown; that nothing was looked at is unknown."""
    made = outcome(*(finding(each, host=f"h{number}") for number, each in enumerate(severities)))
    assert status_line(made).startswith(f"{status} - nightly: ")
    assert EXIT_CODES[made.severity] == code


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Measured(value=12, unit="d", warning=30, critical=7), "12;30:;7:"),
        (Measured(value=85, unit="%", warning=80, critical=90), "85%;~:80;~:90"),
        (Measured(value=-1.5, unit="s"), "-1.5s"),
        (Measured(value=3, critical=7), "3;;7:"),
        (Measured(value=3, warning=7), "3;7:"),
    ],
)
def test_limits_are_ranges(figure: Measured, told: str) -> None:
    """Of the values that are well: from a lower limit on, or up to an upper one."""
    assert performance(status_line(outcome(finding(figure=figure))))["licence"] == told


def test_of_a_fleet_the_worst_figure_is_told() -> None:
    """The lowest where low is bad, the highest where high is, and all checks are counted."""
    low = [Measured(value=each, warning=30, critical=7) for each in (40, 3, 20)]
    high = [Measured(value=each, warning=80, critical=90) for each in (40, 95, 20)]
    findings = [finding("ok", f"h{n}", "days", figure=each) for n, each in enumerate(low)]
    findings += [finding("ok", f"h{n}", "disk", figure=each) for n, each in enumerate(high)]
    told = performance(status_line(outcome(*findings)))
    assert (told["days"], told["disk"]) == ("3;30:;7:", "95;~:80;~:90")
    assert (told["checks_ok"], told["hosts"]) == ("6;;;0;6", "3;;;0")


def test_a_long_fleet_is_a_short_line() -> None:
    """What is wrong with most hosts is said once, and many checks are counted."""
    findings = [finding("critical", f"h{n}", f"check {n % 9}", message="x" * 999) for n in range(2000)]
    said = status_line(outcome(*findings)).split(" | ")[0]
    assert len(said) < 2000
    assert "and 4 checks more" in said
    assert "critical check 0 on h0, h9, h18" in said


def test_what_was_not_looked_at_is_counted() -> None:
    """Hosts, once each."""
    gone = [Absent(finding=finding(host="old", check=each), why="left out") for each in "ab"]
    assert "1 host not looked at" in status_line(outcome(finding(), absent=tuple(gone)))


def test_a_mistake_is_one_line() -> None:
    """Whatever is in it."""
    assert line("unknown", "a\nb | c\x1b") == "UNKNOWN - a b / c\N{REPLACEMENT CHARACTER}"
