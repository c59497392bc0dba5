"""What re-checks found: per host and check a verdict, and what is new of it, kept beside their runs."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from remediate.measured import Measured
from remediate.records import dataclass
from remediate.severity import Severity
from remediate.store.database import FILE, explained, open_database, transaction
from remediate.store.deliveries import Delivery, insert_deliveries

Verdict = Literal["ok", "drifted", "failed", "unreachable"]
"""It is as it should be; it is not; it could not be told; the host was not reached."""
Change = Literal["new", "still", "fixed", ""]
"""Against the last time: bad now; bad still; good again; good as before."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a re-check says of one check on one host.

    `since` is when it was first found so, in UTC (ISO 8601); empty where nothing is wrong.
    """

    host: str
    check: str
    verdict: Verdict
    severity: Severity
    message: str = ""
    figure: Measured | None = None
    change: Change = ""
    since: str = ""


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """One re-check with all that it found; those of one `name` are compared with each other."""

    run: int
    name: str
    time: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class RecheckTime:
    """That there was a re-check, and when, in UTC (ISO 8601)."""

    run: int
    name: str
    time: str


class Findings:
    """What the store keeps of re-checks."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path

    def keep(self, recheck: Recheck) -> None:
        """Write down what a re-check found; its run is in the store already.

        Raises:
            UsageError: if the store cannot be written.
        """
        with explained(self._path), transaction(self._database):
            self._insert(recheck)

    def keep_compared(
        self,
        *,
        run: int,
        name: str,
        time: str,
        found: Callable[[Sequence[Finding]], Iterable[Finding]],
        told: Callable[[Recheck], Iterable[Delivery]] = lambda _: (),
    ) -> Recheck:
        """Write down what a re-check found, compared with what stands, while nobody else writes.

        `found` is given what stands, and gives the findings; `told` gives what is to be sent of them, which
        is written down with them or not at all: else news could be kept of which nobody ever hears.

        Raises:
            UsageError: if the store cannot be written.
        """
        with explained(self._path), transaction(self._database):
            standing = self.standing(name)
            findings = compared(found(standing), standing, time)
            recheck = Recheck(run=run, name=name, time=time, findings=findings)
            self._insert(recheck)
            insert_deliveries(self._database, told(recheck))
        return recheck

    def _insert(self, recheck: Recheck) -> None:
        self._database.execute(
            "INSERT INTO recheck VALUES (?, ?, ?)", (recheck.run, recheck.name, recheck.time)
        )
        self._database.executemany(
            "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(recheck, finding) for finding in recheck.findings),
        )

    def standing(self, name: str, *, first: int = 0, last: int | None = None) -> tuple[Finding, ...]:
        """The last finding of each check on each host, in re-checks of a name from run `first` to `last`."""
        rows = self._select(
            f"SELECT {_COLUMNS}, max(run) FROM finding"  # noqa: S608 - our own words
            " WHERE name = ? AND run BETWEEN ? AND coalesce(?, run)"
            ' GROUP BY host, "check" ORDER BY host, "check"',
            name,
            first,
            last,
        )
        return tuple(map(_finding, rows))

    def standing_runs(self) -> frozenset[int]:
        """The re-checks with a last finding of some check on some host, among all re-checks of their name."""
        rows = self._select('SELECT max(run) FROM finding GROUP BY name, host, "check"')
        return frozenset(run for (run,) in rows)

    def rechecks(self, *, name: str | None = None, since: str = "") -> Iterator[Recheck]:
        """The re-checks of one name, or all, begun at `since` (UTC, ISO 8601) or later, in order."""
        for each in self.times(name=name, since=since):
            yield Recheck(run=each.run, name=each.name, time=each.time, findings=self.found(each.run))

    def times(self, *, name: str | None = None, since: str = "") -> tuple[RecheckTime, ...]:
        """When the same re-checks were, without what they found."""
        rows = self._select(
            "SELECT run, name, time FROM recheck WHERE coalesce(?, name) = name AND time >= ? ORDER BY run",
            name,
            since,
        )
        return tuple(RecheckTime(run=run, name=its, time=time) for run, its, time in rows)

    def changed(self, name: str, *, first: int) -> tuple[tuple[int, Finding], ...]:
        """All that was new or fixed in re-checks of a name from run `first` on, with the run's number."""
        rows = self._select(
            f"SELECT {_COLUMNS}, run FROM finding"  # noqa: S608
            " WHERE name = ? AND run >= ? AND change IN ('new', 'fixed') ORDER BY run, host, \"check\"",
            name,
            first,
        )
        return tuple((row[-1], _finding(row)) for row in rows)

    def severities(self, runs: Sequence[int]) -> Mapping[int, Mapping[Severity, int]]:
        """For each of these re-checks, how many hosts are how; a host is as its gravest check."""
        rows = self._select(
            "SELECT run, worst, count(*) FROM (SELECT run, max(CASE severity WHEN 'critical' THEN 3"
            " WHEN 'warning' THEN 2 WHEN 'unknown' THEN 1 ELSE 0 END) AS worst FROM finding"
            " WHERE run IN (SELECT value FROM json_each(?)) GROUP BY run, host) GROUP BY run, worst",
            json.dumps(runs),
        )
        found: dict[int, dict[Severity, int]] = {run: {} for run in runs}
        for run, worst, number in rows:
            found[run][_GRAVER[worst]] = number
        return found

    def figures(self, runs: Sequence[int]) -> Iterator[tuple[int, str, str, Measured]]:
        """Run, host, check and figure of all that was measured in these re-checks, in order."""
        rows = self._select(
            'SELECT run, host, "check", figure FROM finding WHERE run IN (SELECT value FROM json_each(?))'
            ' AND figure IS NOT NULL ORDER BY run, host, "check"',
            json.dumps(runs),
        )
        for run, host, check, figure in rows:
            yield run, host, check, Measured(**json.loads(figure))

    def found(self, run: int) -> tuple[Finding, ...]:
        """What one re-check found; nothing if the run was none."""
        rows = self._select(
            f'SELECT {_COLUMNS} FROM finding WHERE run = ? ORDER BY host, "check"',  # noqa: S608
            run,
        )
        return tuple(map(_finding, rows))

    def _select(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with explained(self._path):
            return self._database.execute(query, values).fetchall()


_GRAVER: tuple[Severity, ...] = ("ok", "unknown", "warning", "critical")
_COLUMNS = 'host, "check", verdict, severity, change, since, message, figure'


def _row(recheck: Recheck, finding: Finding) -> tuple[Any, ...]:
    return (
        recheck.name,
        finding.host,
        finding.check,
        recheck.run,
        finding.verdict,
        finding.severity,
        finding.change,
        finding.since,
        finding.message,
        None if finding.figure is None else json.dumps(asdict(finding.figure)),
    )


def _finding(row: tuple[Any, ...]) -> Finding:
    host, check, verdict, severity, change, since, message, figure = row[:8]
    return Finding(
        host=host,
        check=check,
        verdict=verdict,
        severity=severity,
        change=change,
        since=since,
        message=message,
        figure=None if figure is None else Measured(**json.loads(figure)),
    )


def compared(findings: Iterable[Finding], standing: Iterable[Finding], time: str) -> tuple[Finding, ...]:
    """The findings of a re-check at `time` with what is new of each, against those that stood before."""
    before = {(each.host, each.check): each for each in standing}
    return tuple(_compared(each, before.get((each.host, each.check)), time) for each in findings)


def _compared(now: Finding, before: Finding | None, time: str) -> Finding:
    was_bad = before is not None and before.severity != "ok"
    if now.severity == "ok":
        return replace(now, change="fixed" if was_bad else "", since="")
    if before is None or (before.verdict, before.severity) != (now.verdict, now.severity):
        return replace(now, change="new", since=time)
    return replace(now, change="still", since=before.since)


@contextmanager
def open_findings(directory: Path) -> Iterator[Findings]:
    """What the store in `directory` keeps of re-checks.

    Raises:
        UsageError: if there is none, or it cannot be used.
    """
    with closing(open_database(directory, make=False)) as database:
        yield Findings(database, directory / FILE)
