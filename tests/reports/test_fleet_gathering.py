"""From the store to a report: of a re-check, of a run, of all since some time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fleet_examples import days, finding, keep_recheck, keep_run, report, task, three_nights

from remediate.errors import UsageError
from remediate.reports.fleet_csv import as_csv
from remediate.reports.fleet_gathering import Store
from remediate.reports.fleet_html import as_html
from remediate.reports.fleet_json import as_json
from remediate.reports.fleet_markdown import as_markdown
from remediate.reports.fleet_trends import thinned
from remediate.reports.fleet_view import FleetView
from remediate.reports.prometheus import as_prometheus
from remediate.store.findings import open_findings
from remediate.store.history import open_history
from tests.journals import intent, journal_in


@contextmanager
def opened(store: Path) -> Iterator[Store]:
    """A store, to be asked for reports."""
    with open_history(store) as history, open_findings(store) as findings:
        yield Store(history, findings)


def states(view: FleetView) -> dict[str, list[str]]:
    """State and change of each cell, by host."""
    return {host.name: [f"{cell.state} {cell.change}".strip() for cell in host.cells] for host in view.hosts}


def test_a_recheck_is_shown_with_what_is_new_of_it(tmp_path: Path) -> None:
    """The gravest host first; what is new before what is fixed; what was not looked at has an empty cell."""
    view = report(tmp_path, three_nights(tmp_path))
    assert view.columns == ["days left", "the certificate check is on", "the line is there", "connection"]
    assert list(states(view).items()) == [
        ("mail10", ["none", "critical new", "none", "none"]),
        ("mail1", ["warning new", "warning still", "none", "none"]),
        ("mail2", ["ok", "ok fixed", "warning new", "none"]),
        ("old", ["none", "none", "none", "unreachable new"]),
    ]
    assert [(each.host, each.cell.change) for each in view.changes] == [
        ("mail10", "new"),
        ("mail1", "new"),
        ("mail2", "new"),
        ("old", "new"),
        ("mail2", "fixed"),
    ]
    assert view.sentence() == "4 hosts: 1 critical, 2 warning, 1 unreachable; 4 new, 1 fixed"


def test_a_story_tells_no_task_twice(tmp_path: Path) -> None:
    """What a finding says already is left out; a task with a diff is told."""
    view = report(tmp_path, three_nights(tmp_path))
    told = {host.name: [(each.task, each.state) for each in host.tasks] for host in view.hosts}
    assert told == {"mail10": [], "mail1": [], "mail2": [("the line is there", "changed")], "old": []}


def test_what_is_well_again_says_no_more(tmp_path: Path) -> None:
    """A check that holds has nothing to explain, though its module says something."""
    for night, severity in enumerate(("critical", "ok"), 1):
        found = [finding("one", "check", severity, message="All assertions passed")]  # type: ignore[arg-type]
        number = keep_recheck(tmp_path, f"2026-03-0{night}T06:00:00+00:00", found)
    for write in (as_html, as_markdown):
        said = write(report(tmp_path, number))
        assert "fixed" in said
        assert "All assertions passed" not in said


def test_trends_go_over_rechecks_of_the_same_name(tmp_path: Path) -> None:
    """How many hosts were how, and the least of what was measured, with its limits."""
    number = three_nights(tmp_path)
    keep_recheck(tmp_path, "2026-03-03T07:00:00+00:00", [days("mail1", 1, "critical")], name="weekly")
    hosts, left = report(tmp_path, number).trends
    counts = {line.name: [point.value for point in line.points] for line in hosts.lines}
    assert counts == {"critical": [1, 1, 0 + 1], "warning": [0, 1, 2], "not known": [0, 0, 1]}
    assert [point.value for point in left.lines[0].points] == [40, 20, 12]
    assert left.limits == (("warning", 30), ("critical", 7))
    (course,) = report(tmp_path, number).hosts[1].courses
    assert [point.value for point in course.lines[0].points] == [42, 22, 12]


def test_an_older_report_knows_nothing_of_later_rechecks(tmp_path: Path) -> None:
    """The report of a run is the same whenever it is made."""
    number = three_nights(tmp_path)
    before = report(tmp_path, number - 1)
    keep_recheck(tmp_path, "2026-03-04T06:00:00+00:00", [days("mail1", 1, "critical")])
    assert report(tmp_path, number - 1) == before
    assert before.trends[0].lines[0].points[-1].time == "2026-03-02T06:00:00+00:00"


def test_upper_limits_make_the_greatest_figure_the_worst(tmp_path: Path) -> None:
    """Where critical lies above warning, the fleet's trend is that of the greatest."""
    from remediate.measured import Measured

    for night, value in enumerate((3, 5), 1):
        full = [
            finding(host, "full", figure=Measured(value=value + more, unit="%", warning=80, critical=90))
            for host, more in (("one", 0), ("two", 60))
        ]
        number = keep_recheck(tmp_path, f"2026-03-0{night}T06:00:00+00:00", full)
    trend = report(tmp_path, number).trends[1]
    assert trend.title == "full: the greatest of all hosts"
    assert [point.value for point in trend.lines[0].points] == [63, 65]


def test_a_run_is_shown_by_its_tasks_and_against_the_run_before(tmp_path: Path) -> None:
    """Host by task; new, still and fixed against the last run of the same playbooks."""
    before = [
        task("one", "write", "failed"),
        task("two", "write", "failed"),
        task("three", "write"),
        task("three", "restart", step=1),
    ]
    keep_run(tmp_path, "2026-03-01T06:00:00+00:00", before)
    keep_run(tmp_path, "2026-03-02T06:00:00+00:00", [task("one", "write")], playbooks=["other.yaml"])
    now = [
        task("one", "write", "failed", message="broken"),
        task("two", "write", "changed", diff="+red\n"),
        task("three", "write", "skipped"),
        task("three", "restart", "failed", step=1, ignored=True),
        task("four", "write", "unreachable", kept={}),
    ]
    keep_recheck(tmp_path, "2026-03-02T07:00:00+00:00", [finding("one", "write", "critical")], name="site")
    view = report(tmp_path, keep_run(tmp_path, "2026-03-03T06:00:00+00:00", now))
    assert (view.kind, view.name, view.columns) == ("run", "site", ["write", "restart"])
    assert states(view) == {
        "one": ["failed still", "none"],
        "four": ["unreachable new", "none"],
        "two": ["changed fixed", "none"],
        "three": ["skipped", "ignored"],
    }
    assert ("Compared with", "run 1") in view.about
    assert view.trends[0].lines[0].points[0].value == 2


def test_tasks_that_hosts_name_differently_share_a_column(tmp_path: Path) -> None:
    """A column is a place in a playbook; two of one name are told apart by their places."""
    tasks = [
        task("one", "write one"),
        task("two", "write two"),
        task("one", "restart", step=1),
        task("one", "restart", step=2),
    ]
    view = report(tmp_path, keep_run(tmp_path, "2026-03-01", tasks))
    assert view.columns == ["write one", "restart (site.yaml:2)", "restart (site.yaml:3)"]


def test_what_a_run_did_again_when_it_went_on_counts_as_it_was_then(tmp_path: Path) -> None:
    """Unreachable first, and through later: the host is well."""
    tasks = [task("one", "write", "unreachable", kept={}), task("one", "write")]
    assert states(report(tmp_path, keep_run(tmp_path, "2026-03-01", tasks))) == {"one": ["ok"]}


def test_a_change_of_which_nobody_knows_the_end_is_told(tmp_path: Path) -> None:
    """A run that was cut off: the host is not known to be well, and its story says why."""
    journal = journal_in(tmp_path, head={"playbooks": ["site.yaml"], "began": "2026-03-01"})
    journal.intend([intent()])
    journal.close()
    (host,) = report(tmp_path, journal.run).hosts
    assert (host.state, host.tasks[0].message) == (
        "unknown",
        "NOT KNOWN whether it was done: write /etc/motd",
    )


def test_a_time_is_shown_by_what_stands_at_its_end(tmp_path: Path) -> None:
    """The last finding of each check, all that changed meanwhile, and what was run besides, as stories."""
    three_nights(tmp_path)
    keep_run(tmp_path, "2026-03-02T09:00:00+00:00", [task("mail2", "write", "changed", diff="+red\n")])
    with opened(tmp_path) as store:
        view = store.since("2026-03-02", None)
    assert states(view)["mail2"] == ["ok", "ok fixed", "warning new", "none"]
    assert states(view)["mail10"] == ["none", "critical new", "none", "none"]
    assert len([each for each in view.changes if each.time == "2026-03-02T06:00:00+00:00"]) == 1
    assert [run.number for run in view.runs] == [4]
    assert [(each.run, each.task) for host in view.hosts for each in host.tasks] == [(4, "write")]
    assert len(view.trends[0].lines[0].points) == 2


def test_what_was_not_looked_at_is_named_with_what_stands(tmp_path: Path) -> None:
    """A host that is gone, one that was left out, a check that was not asked and was bad."""
    before = [
        finding(host, check, "critical", message="it is off")
        for host, check in (("gone", "a"), ("out", "a"), ("here", "a"), ("new name", "old"))
    ]
    keep_recheck(tmp_path, "2026-03-01T06:00:00+00:00", [*before, finding("well", "a"), finding("here", "b")])
    now = [finding("here", "c"), finding("new name", "new")]
    tasks = [task("here", "c"), task("new name", "new")]
    second = keep_recheck(tmp_path, "2026-03-02T06:00:00+00:00", now, tasks, left_out=["out", "well"])
    keep_recheck(tmp_path, "2026-03-03T06:00:00+00:00", before)
    view = report(tmp_path, second)
    assert [(each.host, each.why, [check for check, _ in each.bad]) for each in view.unseen] == [
        ("gone", "gone from the inventory", ["a"]),
        ("here", "not asked", ["a"]),
        ("new name", "not asked", ["old"]),
        ("out", "left out", ["a"]),
        ("well", "left out", []),
    ]
    assert view.unseen[0].checks[0][1].since == "2026-03-01T06:00:00+00:00"
    assert view.sentence() == "2 hosts: 2 ok; not looked at: 3 hosts and 2 checks"
    page, text = as_html(view), as_markdown(view)
    assert "<b>out</b> left out" in page
    assert "- `gone`, gone from the inventory; `a`: was critical since 2026-03-01 06:00\n" in text
    assert "- `well`, left out; all was well" in text
    told = json.loads(as_json(view))["not_looked_at"]
    assert [(each["host"], each["checks"][0]["state"]) for each in told][-1] == ("well", "ok")
    assert (
        ",gone,a,none,,2026-03-01T06:00:00+00:00,,,,,gone from the inventory; last: critical: it is off"
        in (as_csv(view))
    )
    metric = "remediate_check_not_looked_at_severity"
    assert f'{metric}{{name="nightly",host="out",check="a"}} 2\n' in as_prometheus(view)


def test_over_a_time_it_is_what_was_not_looked_at_in_all_of_it(tmp_path: Path) -> None:
    """Of a re-check that did not keep which hosts it left out, nobody knows why."""
    keep_recheck(
        tmp_path, "2026-03-01T06:00:00+00:00", [finding("one", "a", "critical"), finding("two", "a")]
    )
    keep_recheck(tmp_path, "2026-03-02T06:00:00+00:00", [finding("two", "a")])
    keep_recheck(tmp_path, "2026-03-03T06:00:00+00:00", [finding("three", "a")])
    with opened(tmp_path) as store:
        view = store.since("2026-03-02T00:00:00+00:00", None)
    assert [(each.host, each.why) for each in view.unseen] == [("one", "gone or left out")]


def test_a_story_of_a_host_that_no_recheck_looked_at_is_told(tmp_path: Path) -> None:
    """A run besides may have been on other hosts."""
    keep_recheck(tmp_path, "2026-03-02T06:00:00+00:00", [finding("one", "check")])
    keep_run(tmp_path, "2026-03-02T09:00:00+00:00", [task("two", "write", "changed", diff="+red\n")])
    with opened(tmp_path) as store:
        view = store.since("2026-03-02", None)
    assert states(view) == {"one": ["ok"], "two": ["none"]}
    assert view.hosts[1].has_story


def test_a_recheck_without_an_end_is_not_reported_of(tmp_path: Path) -> None:
    """It is under way, or was killed: what it had found is not kept, and the last one is the one before."""
    number = keep_recheck(tmp_path, "2026-03-01T06:00:00+00:00", [finding("one", "check")])
    broken = keep_run(tmp_path, "2026-03-02T06:00:00+00:00", recheck="nightly")
    with opened(tmp_path) as store:
        assert store.last(None).run == store.last("nightly").run == number
        assert store.since("2026-03-01", None).runs == []
        with pytest.raises(UsageError, match="re-check 2 has not come to its end"):
            store.report(broken)


def test_a_run_says_whether_it_is_under_way(tmp_path: Path) -> None:
    """Without an end it is either under way, or was cut off."""
    journal = journal_in(tmp_path, head={"playbooks": ["site.yaml"], "began": "2026-03-01"})
    journal.intend([intent()])
    journal.close()
    with open_history(tmp_path) as history, open_findings(tmp_path) as findings:
        for at_work, end in (([journal.run], "under way"), ([], "cut off")):
            assert ("End", end) in Store(history, findings, at_work).report(journal.run).about


def test_a_time_without_rechecks_is_shown_by_its_runs(tmp_path: Path) -> None:
    """Host by run."""
    keep_run(tmp_path, "2026-03-01", [task("one", "write", "failed"), task("two", "write")])
    keep_run(tmp_path, "2026-03-02", [task("one", "write", "changed")])
    with opened(tmp_path) as store:
        view = store.since("2026-03-01", None)
    assert view.columns == ["run 1", "run 2"]
    assert states(view) == {"one": ["failed", "changed"], "two": ["ok", "none"]}


@pytest.mark.parametrize(
    ("since", "name", "said"),
    [
        ("2026-03-01", None, "several names since 2026-03-01 00:00: nightly, weekly"),
        ("2027-01-01", None, "nothing was run since 2027-01-01 00:00"),
        ("2026-03-01", "yearly", "nothing of the name 'yearly' was run since 2026-03-01 00:00"),
    ],
)
def test_a_report_that_nobody_can_make_is_refused(
    tmp_path: Path, since: str, name: str | None, said: str
) -> None:
    """With what is wrong, and what to do."""
    three_nights(tmp_path)
    keep_recheck(tmp_path, "2026-03-03T07:00:00+00:00", [days("mail1", 1)], name="weekly")
    with opened(tmp_path) as store, pytest.raises(UsageError, match=said):
        store.since(since, name)


def test_what_was_only_pruned_is_no_run(tmp_path: Path) -> None:
    """The record of a pruning stands among the runs, and is not reported of."""
    number = keep_run(tmp_path, "2026-03-01", [task("one", "write")])
    pruning = keep_run(tmp_path, "2026-03-02", pruned={"7": 3}, keep="90d", playbooks=[])
    with opened(tmp_path) as store:
        assert store.last(None).run == number
        assert store.since("2026-03-01", None).columns == ["run 1"]
        with pytest.raises(UsageError, match="run 2 only pruned the history"):
            store.report(pruning)


def test_the_last_run_may_be_asked_for_by_name(tmp_path: Path) -> None:
    """The last one of all, of a re-check's name, or of a playbook's."""
    number = three_nights(tmp_path)
    last = keep_run(tmp_path, "2026-03-04T06:00:00+00:00", [task("one", "write")])
    with opened(tmp_path) as store:
        assert [store.last(name).run for name in (None, "nightly", "site")] == [last, number, last]
        with pytest.raises(UsageError, match="no run of the name 'yearly'"):
            store.last("yearly")


def test_a_secret_is_in_no_report(tmp_path: Path) -> None:
    """What the run knows as a secret is masked in messages and diffs, of findings and of tasks."""
    number = keep_run(
        tmp_path,
        "2026-03-01",
        [task("one", "write", "failed", message="hunter2 is wrong", diff="+password=hunter2\n")],
        "hunter2",
    )
    view = report(tmp_path, number)
    assert view.hosts[0].tasks[0].diff == "+password=********\n"
    for write in (as_html, as_json, as_markdown):
        assert "hunter2" not in write(view)


@pytest.mark.parametrize("number", [0, 1, 29, 30, 31, 1000])
def test_a_long_course_is_thinned_evenly(number: int) -> None:
    """At most thirty, in order, the first and the last among them."""
    found = thinned(range(number))
    assert len(found) == min(number, 30)
    assert sorted(set(found)) == list(found)
    assert number == 0 or (found[0], found[-1]) == (0, number - 1)
