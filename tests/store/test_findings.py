"""What re-checks found: kept beside their runs, and compared with what stood before."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from remediate.errors import UsageError
from remediate.measured import Measured
from remediate.store.deliveries import Delivery, open_deliveries
from remediate.store.findings import (
    Change,
    Finding,
    Recheck,
    Severity,
    Verdict,
    compared,
    open_findings,
)
from remediate.store.journal import ENDED
from tests.journals import journal_in

DAYS = Measured(value=12.0, unit="d", warning=30.0, critical=7.0)
VERDICTS: dict[Severity, Verdict] = {
    "ok": "ok",
    "warning": "drifted",
    "critical": "drifted",
    "unknown": "failed",
}


def finding(severity: Severity, host: str = "one", **values: str) -> Finding:
    """What a check named `licence` said."""
    return Finding(
        **{"host": host, "check": "licence", "verdict": VERDICTS[severity], "severity": severity, **values}
    )  # type: ignore[arg-type]


def keep(store: Path, name: str, time: str, *findings: Finding) -> Recheck:
    """A re-check, begun and kept."""
    journal = journal_in(store)
    journal.tell(ENDED, "", {"hosts": {}})
    journal.close()
    recheck = Recheck(run=journal.run, name=name, time=time, findings=findings)
    with open_findings(store) as kept:
        kept.keep(recheck)
    return recheck


def test_what_was_found_is_found_again(tmp_path: Path) -> None:
    """With its figure, by its name and its time, and by the number of its run."""
    first = keep(
        tmp_path,
        "nightly",
        "2026-01-01T06:00:00+00:00",
        Finding(
            host="one",
            check="days left",
            verdict="drifted",
            severity="warning",
            message="soon",
            figure=DAYS,
            change="new",
            since="2026-01-01T06:00:00+00:00",
        ),
    )
    other = keep(tmp_path, "weekly", "2026-01-02T06:00:00+00:00", finding("ok"))
    with open_findings(tmp_path) as kept:
        assert tuple(kept.rechecks()) == (first, other)
        assert tuple(kept.rechecks(name="weekly")) == (other,)
        assert tuple(kept.rechecks(since="2026-01-02")) == (other,)
        assert kept.found(first.run) == first.findings
        assert kept.found(77) == ()


def test_what_stands_is_the_last_word_on_each_host(tmp_path: Path) -> None:
    """A re-check of some hosts leaves what was known of the others."""
    keep(tmp_path, "nightly", "2026-01-01", finding("critical", "one"), finding("ok", "two"))
    keep(tmp_path, "nightly", "2026-01-02", finding("ok", "one"))
    keep(tmp_path, "weekly", "2026-01-03", finding("unknown", "two"))
    with open_findings(tmp_path) as kept:
        assert [(each.host, each.severity) for each in kept.standing("nightly")] == [
            ("one", "ok"),
            ("two", "ok"),
        ]


def test_what_stands_may_be_asked_of_the_last_runs_alone(tmp_path: Path) -> None:
    """What was not looked at since the first of them is left out."""
    keep(tmp_path, "nightly", "2026-01-01", finding("critical", "one"), finding("ok", "two"))
    second = keep(tmp_path, "nightly", "2026-01-02", finding("ok", "one"))
    with open_findings(tmp_path) as kept:
        assert kept.standing("nightly", first=second.run) == second.findings
        assert [each.run for each in kept.times(name="nightly", since="2026-01-02")] == [second.run]


def test_what_changed_is_found_with_its_run(tmp_path: Path) -> None:
    """New and fixed, from a run on; what is as it was is left out."""
    keep(tmp_path, "nightly", "2026-01-01", finding("critical", change="new"))
    second = keep(tmp_path, "nightly", "2026-01-02", finding("critical", change="still"))
    third = keep(tmp_path, "nightly", "2026-01-03", finding("ok", change="fixed"))
    with open_findings(tmp_path) as kept:
        assert kept.changed("nightly", first=second.run) == ((third.run, third.findings[0]),)


def test_a_host_counts_once_as_its_gravest_check(tmp_path: Path) -> None:
    """Of each re-check that is asked for: how many hosts are how, and what was measured."""
    other = replace(finding("warning"), check="days left", figure=DAYS)
    first = keep(tmp_path, "nightly", "1", finding("critical"), other, finding("unknown", "two"))
    second = keep(tmp_path, "nightly", "2", finding("ok"), finding("ok", "two"))
    with open_findings(tmp_path) as kept:
        runs = [first.run, second.run]
        assert kept.severities(runs) == {first.run: {"critical": 1, "unknown": 1}, second.run: {"ok": 2}}
        assert list(kept.figures(runs)) == [(first.run, "one", "days left", DAYS)]


@pytest.mark.parametrize(
    ("before", "now", "change", "since"),
    [
        (None, "ok", "", ""),
        (None, "critical", "new", "now"),
        ("ok", "ok", "", ""),
        ("ok", "warning", "new", "now"),
        ("critical", "critical", "still", "then"),
        ("warning", "critical", "new", "now"),
        ("critical", "unknown", "new", "now"),
        ("critical", "ok", "fixed", ""),
        ("unknown", "ok", "fixed", ""),
    ],
)
def test_a_finding_is_compared_with_the_last_one(
    before: Severity | None, now: Severity, change: Change, since: str
) -> None:
    """New where it was good or bad otherwise, still where it was as bad, fixed where it is good again."""
    standing = [] if before is None else [finding(before, since="then")]
    (found,) = compared([finding(now)], standing, "now")
    assert (found.change, found.since) == (change, since)


def test_what_is_kept_is_compared_while_nobody_else_writes(tmp_path: Path) -> None:
    """Of two re-checks at once, one finds it new and the other one finds it still so."""
    first, second = (journal_in(tmp_path) for _ in range(2))
    for journal in (first, second):
        journal.tell(ENDED, "", {"hosts": {}})
        journal.close()

    def look(run: int) -> Recheck:
        with open_findings(tmp_path) as kept:
            return kept.keep_compared(run=run, name="n", time=f"at {run}", found=found)

    def found(standing: Sequence[Finding]) -> list[Finding]:
        time.sleep(0.1)  # the other one comes in between, if it can
        return [finding("critical", message=f"{len(standing)} known")]

    with ThreadPoolExecutor() as pool:
        looks = sorted(pool.map(look, (first.run, second.run)), key=lambda each: each.findings[0].message)
    told = [(each.findings[0].message, each.findings[0].change) for each in looks]
    assert told == [("0 known", "new"), ("1 known", "still")]
    assert looks[1].findings[0].since == looks[0].time
    with open_findings(tmp_path) as kept:
        assert {each.run: each for each in kept.rechecks()} == {each.run: each for each in looks}


def test_news_is_kept_with_what_is_to_be_told_of_it_or_not_at_all(tmp_path: Path) -> None:
    """Else the next re-check would find it still so, and nobody would ever hear of it."""

    def told(recheck: Recheck) -> tuple[Delivery, ...]:
        assert [each.change for each in recheck.findings] == ["new"]
        once = Delivery(run=recheck.run, channel="ops", identity="1", made="now", body={})
        return (once, once)

    journal = journal_in(tmp_path)
    journal.tell(ENDED, "", {"hosts": {}})
    journal.close()
    with open_findings(tmp_path) as kept:
        with pytest.raises(UsageError, match="the store cannot be used"):
            kept.keep_compared(
                run=journal.run, name="n", time="now", found=lambda _: [finding("critical")], told=told
            )
        assert kept.standing("n") == ()
        kept.keep_compared(
            run=journal.run,
            name="n",
            time="now",
            found=lambda _: [finding("critical")],
            told=lambda recheck: told(recheck)[:1],
        )
    with open_deliveries(tmp_path) as deliveries:
        assert [each.channel for each in deliveries.due()] == ["ops"]
