"""A re-check on the terminal: the same of several hosts once, the gravest first, nothing lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from remediate.recheck.outcome import Absent, Outcome, absent_from
from remediate.reports.recheck_text import counts, recheck_lines
from remediate.store.findings import Finding, Recheck, compared

HOSTS, CHECKS = st.sampled_from(["mail1", "mail2", "mail10"]), st.sampled_from(["licence", "patterns"])
WORDS = {"ok": "ok", "warning": "drifted", "critical": "drifted", "unknown": "failed"}


@st.composite
def looks(draw: st.DrawFn) -> tuple[Finding, ...]:
    """What a re-check may find."""
    keys = draw(st.sets(st.tuples(HOSTS, CHECKS)))
    severities = [(key, draw(st.sampled_from(list(WORDS)))) for key in sorted(keys)]
    return tuple(
        Finding(host=host, check=check, verdict=WORDS[severity], severity=severity)  # type: ignore[arg-type]
        for (host, check), severity in severities
    )


def shown(outcome: Outcome) -> list[str]:
    """The lines."""
    return [line.plain for line in recheck_lines(outcome)]


def told(*findings: Finding, absent: tuple[Absent, ...] = ()) -> Outcome:
    """A re-check that found this."""
    return Outcome(recheck=Recheck(run=7, name="nightly", time="now", findings=findings), absent=absent)


def bad(host: str, check: str = "licence", message: str = "expired", **more: str) -> Finding:
    """Something new that is critical."""
    values = {"change": "new", "since": "now", **more}
    return Finding(
        host=host,
        check=check,
        verdict="drifted",
        severity="critical",
        message=message,
        **values,  # type: ignore[arg-type]
    )


def test_the_same_of_several_hosts_is_one() -> None:
    """In the order of their numbers; what is said otherwise, or since another day, is another one."""
    findings = [bad(f"mail{n}") for n in (10, 2, 1)]
    findings += [bad("mail3", message="lost"), bad("mail4", change="still", since="yesterday")]
    assert shown(told(*findings)) == [
        "Re-check nightly, run 7",
        "\nNew:",
        "  critical  licence: expired",
        "            on mail1, mail2, mail10",
        "  critical  licence: lost",
        "            on mail3",
        "\nStill:",
        "  critical  licence: expired",
        "            on mail4, since yesterday",
        "",
        "5 hosts: 0 ok, 5 not; 5 checks: 5 critical; 4 new, 1 still",
    ]


def test_nothing_of_a_host_passes_for_a_line_of_ours() -> None:
    """Line feeds and what steers a terminal are taken out."""
    lines = shown(told(bad("mail1", "a\nFixed:", "x\n  ok  licence\x1b[2J")))
    assert "  critical  a Fixed:: x ok licence\N{REPLACEMENT CHARACTER}[2J" in lines


def test_a_check_that_was_not_asked_is_named() -> None:
    """With its host, where that was looked at."""
    lines = shown(told(bad("mail1"), absent=(Absent(finding=bad("mail1", "patterns"), why="not asked"),)))
    assert lines[-3] == "  not asked: patterns on mail1"


@given(looks(), looks(), st.sets(HOSTS))
def test_whatever_stood_is_found_again_or_named(
    before: tuple[Finding, ...], now: tuple[Finding, ...], inventory: set[str]
) -> None:
    """No host is dropped in silence, and no bad check; the counts are those of the findings."""
    findings = compared(now, before, "now")
    outcome = told(*findings, absent=absent_from(findings, before, inventory))
    text = "\n".join(shown(outcome))
    looked = {each.host for each in now}
    for each in before:
        if each.host not in looked:
            why = "left out" if each.host in inventory else "gone from the inventory"
            assert re.search(rf"{why}: .*\b{each.host}\b", text)
        elif each.severity != "ok" and not any(
            (each.host, each.check) == (other.host, other.check) for other in now
        ):
            assert f"{each.check} on {each.host}" in text
    for each in findings:
        if each.change:
            assert re.search(rf"{each.severity} +{each.check}\n +on .*({each.host}\b|all |both )", text)
    assert counts(findings).startswith(f"{len(looked)} host")
