"""Stores for reports: re-checks and runs, as they are kept, of which nothing else needs to be known."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from remediate.measured import Measured
from remediate.recheck.outcome import Absent
from remediate.reports.fleet_cells import changes_of, host_views, matrix, unseen_of
from remediate.reports.fleet_gathering import Store
from remediate.reports.fleet_trends import Courses
from remediate.reports.fleet_view import FleetView
from remediate.store.findings import (
    Finding,
    Recheck,
    Severity,
    Verdict,
    compared,
    open_findings,
)
from remediate.store.history import open_history
from remediate.store.journal import ENDED, TASK
from tests.journals import journal_in

VERDICTS: Mapping[Severity, Verdict] = {
    "ok": "ok",
    "warning": "drifted",
    "critical": "drifted",
    "unknown": "failed",
}
COUNTS = ("ok", "changed", "failed", "skipped", "unreachable", "unknown", "ignored", "rescued")
"""What a recap counts."""

WELL: Severity = "ok"


def finding(host: str, check: str, severity: Severity = WELL, **values: Any) -> Finding:
    """What a check said."""
    return Finding(
        **{"host": host, "check": check, "verdict": VERDICTS[severity], "severity": severity, **values}
    )


def days(host: str, left: float, severity: Severity = WELL) -> Finding:
    """How many days of the licence are left."""
    figure = Measured(value=left, unit="d", warning=30, critical=7)
    return finding(host, "days left", severity, figure=figure, message=f"{left:g} days left")


def task(host: str, name: str, status: str = "ok", *, step: int = 0, **values: Any) -> dict[str, Any]:
    """A task on a host, as the store keeps it."""
    return {
        "host": host, "play": "a play", "task": name, "place": f"site.yaml:{step + 1}", "module": "copy",
        "status": status, "diff": "", "message": "", "ignored": False, "rescued": False,
        "kept": {"step": [0, step]}, **values,
    }  # fmt: skip


def keep_run(
    store: Path, began: str, tasks: Iterable[Mapping[str, Any]] = (), *secrets: str, **head: Any
) -> int:
    """A run with its tasks; its number."""
    about = {"began": began, "user": "ann", "machine": "desk", "playbooks": ["playbooks/site.yaml"], **head}
    journal = journal_in(store, *secrets, head=about)
    hosts: dict[str, dict[str, Any]] = {}
    for each in tasks:
        body = dict(each)
        host, kept = body.pop("host"), body.pop("kept")
        counts = hosts.setdefault(host, {**dict.fromkeys(COUNTS, 0), "stopped": False})
        counts[body["status"]] += 1
        journal.tell(TASK, host, body, kept)
    journal.tell(ENDED, "", {"hosts": hosts, "interrupted": False, "dry_run": False, "seconds": 12.5})
    journal.close()
    return journal.run


def keep_recheck(
    store: Path,
    time: str,
    findings: Iterable[Finding],
    tasks: Iterable[Mapping[str, Any]] = (),
    *,
    name: str = "nightly",
    **head: Any,
) -> int:
    """A re-check with what it found, compared with the one before; the number of its run."""
    run = keep_run(store, time, tasks, recheck=name, playbooks=["playbooks/recheck.yaml"], **head)
    with open_findings(store) as kept:
        found = compared(findings, kept.standing(name), time)
        kept.keep(Recheck(run=run, name=name, time=time, findings=found))
    return run


def three_nights(store: Path) -> int:
    """A small fleet in three nights: something new, something that lasts, something mended; the last run."""
    for day, (one, two, left) in enumerate([("ok", "critical", 40), ("warning", "critical", 20)], 1):
        keep_recheck(
            store,
            f"2026-03-0{day}T06:00:00+00:00",
            [
                finding("mail1", "the certificate check is on", one, message="it is off"),  # type: ignore[arg-type]
                finding("mail2", "the certificate check is on", two, message="it is off"),  # type: ignore[arg-type]
                finding("mail10", "the certificate check is on"),
                days("mail1", left + 2),
                days("mail2", left),
                finding("old", "connection"),
            ],
        )
    return keep_recheck(
        store,
        "2026-03-03T06:00:00+00:00",
        [
            finding("mail1", "the certificate check is on", "warning", message="it is off"),
            finding("mail2", "the certificate check is on"),
            finding("mail10", "the certificate check is on", "critical", message="it is off\n<b>why</b>"),
            days("mail1", 12, "warning"),
            days("mail2", 300),
            finding("old", "connection", "unknown", verdict="unreachable", message="no route to host"),
            finding("mail2", "the line is there", "warning", message="would write /opt/notes.ini"),
        ],
        [
            task("mail1", "the certificate check is on", "failed", message="it is off"),
            task(
                "mail2",
                "the line is there",
                "changed",
                step=1,
                diff="--- a\n+++ b\n@@ -1 +1 @@\n-red\n+blue\n",
            ),
            task("mail10", "the line is there", step=1),
        ],
    )


def report(store: Path, number: int) -> FleetView:
    """The report of a run in a store."""
    with open_history(store) as history, open_findings(store) as findings:
        return Store(history, findings).report(number)


def shown(findings: Iterable[Finding], absent: Iterable[Finding] = ()) -> FleetView:
    """The report of a re-check that found this, and did not look at that, without a store."""
    found = list(findings)
    columns, cells = matrix(found)
    return FleetView(
        kind="re-check",
        name="nightly",
        run=7,
        time="2026-03-03T06:00:00+00:00",
        seconds=1.5,
        about=[("By", "ann@desk")],
        columns=columns,
        hosts=host_views(cells, {}, Courses(hosts={})),
        changes=changes_of(("2026-03-03T06:00:00+00:00", each) for each in found),
        unseen=unseen_of(Absent(finding=each, why="gone or left out") for each in absent),
    )
