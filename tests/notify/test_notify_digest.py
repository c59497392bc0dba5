"""One message a re-check: what is new and fixed, short for any fleet, and nothing in it that steers."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.measured import Measured
from remediate.notify.digest import digest
from remediate.notify.message import Message
from remediate.severity import Severity
from remediate.store.findings import Change, Finding, Recheck, Verdict

TIME = "2026-01-01T06:00:00+00:00"


def finding(
    host: str = "one",
    *,
    change: Change = "new",
    severity: Severity = "critical",
    verdict: Verdict = "drifted",
    check: str = "certificate check",
    message: str = "it is off",
    figure: Measured | None = None,
) -> Finding:
    """What a check said."""
    return Finding(
        host=host,
        check=check,
        verdict=verdict,
        severity=severity,
        message=message,
        change=change,
        since=TIME if change in ("new", "still") else "",
        figure=figure,
    )


def fixed(host: str, **values: Any) -> Finding:
    """A check that holds again."""
    return finding(host, **{"change": "fixed", "severity": "ok", "verdict": "ok", "message": "", **values})


def told(findings: Sequence[Finding], name: str = "nightly") -> Message | None:
    """The digest of a re-check with these findings."""
    recheck = Recheck(run=12, name=name, time=TIME, findings=tuple(findings))
    return digest(recheck, machine="control", whole="remediate history show 12")


def message(*findings: Finding, name: str = "nightly") -> Message:
    """The digest, which there is."""
    found = told(findings, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "findings",
    [
        (),
        (finding(change="", severity="ok", verdict="ok"),),
        (finding(change="still"), finding("two", change="", severity="ok", verdict="ok")),
    ],
)
def test_nothing_is_told_of_what_is_as_it_was(findings: tuple[Finding, ...]) -> None:
    """Good as before or bad still: no message."""
    assert told(findings) is None


def test_the_text_is_short_and_says_the_gravest_first() -> None:
    """Equal findings share a line; what is still so is counted; where the whole is, stands at the end."""
    found = message(
        finding("hub2"),
        finding("hub1", severity="warning", check="licence", message="12 d left"),
        finding("hub1"),
        finding("hub4", verdict="unreachable", severity="unknown", check="connection", message="timed out"),
        fixed("hub3"),
        finding("hub5", change="still"),
    )
    assert found.subject == (
        "remediate: nightly: 4 new (2 critical, 1 warning, 1 unknown), 1 fixed on 4 hosts"
    )
    assert found.text == (
        "nightly: 4 new (2 critical, 1 warning, 1 unknown), 1 fixed, at 2026-01-01T06:00:00+00:00.\n"
        "\n"
        "New:\n"
        "  critical  certificate check: it is off\n"
        "            on hub1, hub2\n"
        "  warning   licence: 12 d left\n"
        "            on hub1\n"
        "  unknown   connection: timed out\n"
        "            on hub4\n"
        "\n"
        "Fixed:\n"
        "  ok        certificate check\n"
        "            on hub3\n"
        "\n"
        "Still as before: 1 finding on hub5.\n"
        "\n"
        "The whole, on control: remediate history show 12\n"
    )


def test_a_fleet_of_thousands_is_cut_with_a_count() -> None:
    """Few hosts a line and few lines; the document has all."""
    same = [finding(f"host{number:04}") for number in range(5000)]
    other = [
        finding(f"host{number:04}", check="licence", message=f"{number} d left", severity="warning")
        for number in range(300)
    ]
    found = message(*same, *other)
    first = "host0000, host0001, host0002, host0003, host0004, host0005, host0006, host0007 and 4,992 more"
    assert f"  critical  certificate check: it is off\n            on {first}\n" in found.text
    assert "\n  and 281 more\n" in found.text
    assert len(found.text.splitlines()) < 60
    assert len(found.document["new"]) == 5300


def test_the_document_is_for_programs() -> None:
    """Its members are those that docs/notify.md describes, with figures as numbers."""
    figure = Measured(value=3.0, unit="d", warning=30.0, critical=7.0)
    found = message(finding("hub1", figure=figure), fixed("hub2"), finding("hub3", change="still"))
    sent = json.loads(found.sent_as("abc"))
    assert (sent.pop("subject"), sent.pop("text")) == (found.subject, found.text)
    assert sent == {
        "version": 1,
        "id": "abc",
        "kind": "recheck",
        "machine": "control",
        "recheck": "nightly",
        "run": 12,
        "time": TIME,
        "counts": {"new": 1, "fixed": 1, "still": 1, "ok": 1},
        "new": [
            {
                "host": "hub1",
                "check": "certificate check",
                "verdict": "drifted",
                "severity": "critical",
                "message": "it is off",
                "since": TIME,
                "figure": {"value": 3.0, "unit": "d", "warning": 30.0, "critical": 7.0},
            }
        ],
        "fixed": [
            {
                "host": "hub2",
                "check": "certificate check",
                "verdict": "ok",
                "severity": "ok",
                "message": "",
                "since": "",
                "figure": None,
            }
        ],
    }


_TEXT = st.text(st.characters(), max_size=300) | st.just("\r\nBcc: all@example.com\x1b[2J\udc80")


@given(name=_TEXT, host=_TEXT, check=_TEXT, says=_TEXT)
def test_text_from_hosts_steers_nothing(name: str, host: str, check: str, says: str) -> None:
    """The subject is one line; no control character is in text or document; all of it has a form in UTF-8."""
    found = message(finding(host, check=check, message=says), name=name)
    assert found.subject.isprintable()
    assert len(found.subject) <= 150
    assert all(line.isprintable() for line in found.text.split("\n"))
    assert len(found.text.split("\n")) == len(message(finding()).text.split("\n"))
    sent = json.loads(found.sent_as("abc"))
    assert all(each.isprintable() or each in "\n\t" for each in sent["new"][0]["message"])
