"""From the store to a report: of one re-check, of one other run, or of all since some time."""

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.errors import UsageError
from remediate.recheck.outcome import absent_from
from remediate.records import dataclass
from remediate.reports.fleet_cells import (
    changes_of,
    host_views,
    in_order,
    matrix,
    run_cells,
    unseen_of,
)
from remediate.reports.fleet_tasks import failures, tasks_of
from remediate.reports.fleet_trends import Courses, recheck_courses, run_trend
from remediate.reports.fleet_view import (
    NOTHING,
    Changed,
    FleetView,
    PastRun,
    Told,
    Unseen,
    moment,
)
from remediate.reports.past import how_ended, what_ran, who_ran
from remediate.reports.words import printable_line
from remediate.store.findings import Finding, Findings, RecheckTime
from remediate.store.history import History, KeptRun
from remediate.store.proof import PRUNED

_NO_COURSES = Courses(hosts={})


@dataclass(frozen=True)
class Store:
    """The two halves of what is kept, and the numbers of the runs that are under way."""

    history: History
    findings: Findings
    at_work: Container[int] = ()

    def report(self, number: int) -> FleetView:
        """The report of a run, which may be a re-check.

        Raises:
            UsageError: there is no such run.
        """
        run = self.history.run(number)
        if PRUNED in run.head:
            raise UsageError(f"run {number} only pruned the history", cure="see 'remediate history'")
        time = next((each for each in self.findings.times() if each.run == number), None)
        if time is None and "recheck" in run.head:
            raise UsageError(f"re-check {number} has not come to its end", cure="see 'remediate history'")
        if time is not None:
            return self._recheck(run, time)
        return self._run(
            run,
            [
                each
                for each in self._runs()
                # A re-check may have the name of its playbook.
                if each.number <= number and name_of(each) == name_of(run) and "recheck" not in each.head
            ],
        )

    def last(self, name: str | None) -> FleetView:
        """The report of the last run; with a name, of the last one of that name.

        Raises:
            UsageError: there is none.
        """
        runs = [run for run in self._runs() if name in (None, name_of(run))]
        if not runs:
            raise UsageError(
                f"there is no run of the name '{name}'" if name else "there are no runs yet",
                cure="'remediate history' lists them",
            )
        return self.report(runs[-1].number)

    def since(self, time: str, name: str | None) -> FleetView:
        """The report of all from a time on (UTC, ISO 8601): re-checks of one name, and what was run besides.

        Raises:
            UsageError: nothing was run since, or there are re-checks of several names.
        """
        times = self.findings.times(name=name, since=time)
        names = sorted({each.name for each in times})
        runs = [run for run in self._runs() if run.head.get("began", "") >= time]
        if len(names) > 1:
            raise UsageError(
                f"there are re-checks of several names since {moment(time)}: {', '.join(names)}",
                cure="choose one: --name",
            )
        checks = {each.run for each in self.findings.times(since=time)}
        others = [
            run for run in runs if run.number not in checks and (bool(names) or name in (None, name_of(run)))
        ]
        if not names and not others:
            raise UsageError(
                f"nothing{f' of the name {name!r}' if name else ''} was run since {moment(time)}",
                cure="'remediate history' lists all runs",
            )
        return self._period(time, times, others)

    def _runs(self) -> list[KeptRun]:
        """All that looked at hosts or changed them; not what only pruned, nor a re-check without an end."""
        through = {each.run for each in self.findings.times()}
        return [
            run
            for run in self.history.runs()
            if PRUNED not in run.head and ("recheck" not in run.head or run.number in through)
        ]

    def _recheck(self, run: KeptRun, time: RecheckTime) -> FleetView:
        findings = self.findings.found(run.number)
        courses = recheck_courses(
            self.findings, [each for each in self.findings.times(name=time.name) if each.run <= run.number]
        )
        tasks = tasks_of(run.number, self.history.records(run.number))
        checks: dict[str, set[str]] = {}
        for each in findings:
            checks.setdefault(each.host, set()).add(printable_line(each.check))
        told = {
            # What a finding says already is not told again.
            host: [each for each in all_told if each.diff or each.task not in checks.get(host, ())]
            for host, all_told in tasks.told.items()
        }
        columns, cells = matrix(findings)
        return FleetView(
            kind="re-check",
            name=printable_line(time.name),
            run=run.number,
            time=time.time,
            seconds=_seconds(run),
            about=list(self._about(run)),
            columns=columns,
            hosts=host_views(cells, told, courses),
            changes=changes_of((time.time, each) for each in findings if each.change in ("new", "fixed")),
            trends=courses.fleet,
            unseen=self._unseen(run, time.name, findings),
        )

    def _unseen(self, run: KeptRun, name: str, findings: Sequence[Finding]) -> list[Unseen]:
        """What stood at the end of a re-check, and is not among these findings."""
        left_out = run.head.get("left_out")
        inventory = None if left_out is None else {*left_out, *(run.ended or {"hosts": ()})["hosts"]}
        return unseen_of(absent_from(findings, self.findings.standing(name, last=run.number), inventory))

    def _run(self, run: KeptRun, same: Sequence[KeptRun]) -> FleetView:
        before = same[-2] if len(same) > 1 else None
        failed = failures(self.history.records(before.number)) if before else None
        tasks = tasks_of(run.number, self.history.records(run.number), failed)
        compared = f"run {before.number}" if before else "no run before it"
        time = run.head.get("began", "")
        hosts = host_views(tasks.cells, tasks.told, _NO_COURSES)
        return FleetView(
            kind="run",
            name=printable_line(name_of(run)),
            run=run.number,
            time=time,
            seconds=_seconds(run),
            about=[*self._about(run), ("Compared with", compared)],
            columns=tasks.columns,
            hosts=hosts,
            changes=in_order(
                Changed(time=time, host=host.name, check=column, cell=cell)
                for host in hosts
                for column, cell in zip(tasks.columns, host.cells, strict=True)
                if cell.change in ("new", "fixed")
            ),
            trends=run_trend(same),
        )

    def _period(self, since: str, times: Sequence[RecheckTime], others: Sequence[KeptRun]) -> FleetView:
        told: dict[str, list[Told]] = {}
        for run in others:
            for host, its in tasks_of(run.number, self.history.records(run.number)).told.items():
                told.setdefault(host, []).extend(its)
        last = times[-1] if times else None
        if last is None:
            columns, cells = [f"run {run.number}" for run in others], run_cells(others)
            courses, changes, unseen = Courses(fleet=run_trend(others), hosts={}), [], []
        else:
            first = times[0].run
            standing = self.findings.standing(last.name, first=first)
            columns, cells = matrix(standing)
            unseen = self._unseen(self.history.run(last.run), last.name, standing)
            when = {each.run: each.time for each in times}
            changed = self.findings.changed(last.name, first=first)
            courses = recheck_courses(self.findings, times)
            changes = changes_of((when[run], each) for run, each in changed)
        for host in told:
            cells.setdefault(host, [NOTHING] * len(columns))
        what = f"re-check {printable_line(last.name)}" if last else "all runs"
        return FleetView(
            kind="period",
            name=f"Since {moment(since)}: {what}",
            run=last.run if last else others[-1].number,
            time=last.time if last else others[-1].head.get("began", ""),
            seconds=None,
            about=[("Re-checks", f"{len(times):,}"), ("Other runs", f"{len(others):,}")],
            columns=columns,
            hosts=host_views(cells, told, courses),
            changes=changes,
            trends=courses.fleet,
            unseen=unseen,
            runs=[self._past(run) for run in others],
        )

    def _about(self, run: KeptRun) -> Iterator[tuple[str, str]]:
        head = run.head
        lists: Mapping[str, Any] = {
            "Playbooks": head.get("playbooks"),
            "Inventories": head.get("inventories"),
            "Tags": head.get("tags"),
            "Skipped tags": head.get("skip_tags"),
            "Approved by": head.get("approved_by"),
        }
        yield "Run", f"{run.number}, begun {moment(head.get('began', '?'))} UTC"
        yield "By", printable_line(who_ran(head))
        for label, values in lists.items():
            if values:
                yield label, printable_line(", ".join(map(str, values)))
        if head.get("limit"):
            yield "Limited to", printable_line(str(head["limit"]))
        if head.get("plan"):
            yield "Plan", printable_line(str(head["plan"]))
        yield "End", self._end(run)

    def _past(self, run: KeptRun) -> PastRun:
        return PastRun(
            number=run.number,
            began=run.head.get("began", ""),
            who=printable_line(who_ran(run.head)),
            what=printable_line(what_ran(run.head)),
            end=self._end(run),
        )

    def _end(self, run: KeptRun) -> str:
        return "under way" if run.number in self.at_work else how_ended(run)


def name_of(run: KeptRun) -> str:
    """By what runs are compared: the name of a re-check, else that of the playbooks."""
    if "recheck" in run.head:
        return str(run.head["recheck"])
    names = "+".join(Path(each).stem for each in run.head.get("playbooks", ()))
    return f"undo of {names}" if "undoes" in run.head else names


def _seconds(run: KeptRun) -> float | None:
    return None if run.ended is None else run.ended.get("seconds")
