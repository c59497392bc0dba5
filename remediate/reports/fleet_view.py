"""What every report of the fleet shows: hosts against checks (or tasks), what changed, stories, trends."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from remediate.measured import Measured
from remediate.records import dataclass
from remediate.reports.words import counted
from remediate.store.findings import Change

State = Literal[
    "critical",
    "warning",
    "failed",
    "unreachable",
    "unknown",
    "changed",
    "ignored",
    "ok",
    "skipped",
    "none",
]
"""How something is on a host; `none`: it was not looked at there."""

WORDS: Mapping[State, str] = {
    "critical": "critical",
    "warning": "warning",
    "failed": "failed",
    "unreachable": "unreachable",
    "unknown": "not known",
    "changed": "changed",
    "ignored": "failed, and ignored or rescued",
    "ok": "ok",
    "skipped": "skipped",
    "none": "not looked at",
}
"""The states in words, the gravest first."""

SIGNS: Mapping[State, str] = {
    "critical": "\N{MULTIPLICATION SIGN}",
    "warning": "!",
    "failed": "\N{BALLOT X}",
    "unreachable": "\N{EMPTY SET}",
    "unknown": "?",
    "changed": "~",
    "ignored": "\N{CIRCLED TIMES}",
    "ok": "\N{CHECK MARK}",
    "skipped": "/",
    "none": "\N{NO-BREAK SPACE}",
}

GRAVITY: Mapping[State, int] = {state: place for place, state in enumerate(WORDS)}
"""By this, states are put in order: the gravest is 0."""

BAD: frozenset[State] = frozenset({"critical", "warning", "failed", "unreachable", "unknown"})
QUIET: frozenset[State] = frozenset({"ok", "skipped", "none"})
"""States of which a story has nothing to tell."""


def gravest(states: Sequence[State]) -> State:
    """The gravest of some states; `none` of none."""
    return min(states, key=GRAVITY.__getitem__, default="none")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One check (or task) on one host; `since` is in UTC (ISO 8601), empty if it is not known."""

    state: State
    change: Change = ""
    since: str = ""
    message: str = ""
    figure: Measured | None = None

    @property
    def words(self) -> str:
        """State and change in words."""
        return f"{WORDS[self.state]}, {self.change}" if self.change else WORDS[self.state]


NOTHING = Cell(state="none")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A task of which a host's story tells; `time` is when it ended, in UTC (ISO 8601)."""

    run: int
    time: str
    play: str
    task: str
    place: str
    state: State
    message: str
    diff: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """A number at a time, in UTC (ISO 8601)."""

    time: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """One number over time; `state` says how grave what it counts is."""

    name: str
    state: State
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Lines over the same time; `limits` are the values beyond which a figure is a warning or critical."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    limits: tuple[tuple[State, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class HostView:
    """One host: a cell for each column, the tasks that its story tells of, the courses of its figures."""

    name: str
    cells: tuple[Cell, ...]
    tasks: tuple[Told, ...] = ()
    courses: tuple[Trend, ...] = ()

    @property
    def state(self) -> State:
        """Its gravest."""
        return gravest([cell.state for cell in self.cells])

    @property
    def changes(self) -> frozenset[Change]:
        """What is new of it."""
        return frozenset(cell.change for cell in self.cells if cell.change)

    @property
    def has_story(self) -> bool:
        """Whether there is more to tell than that all is well."""
        return bool(self.tasks) or any(cell.state not in QUIET or cell.change for cell in self.cells)


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """What earlier re-checks found of a host, and this one did not look at, with why; the gravest first."""

    host: str
    why: str
    checks: tuple[tuple[str, Cell], ...]

    @property
    def bad(self) -> tuple[tuple[str, Cell], ...]:
        """What was not well when it was last looked at."""
        return tuple((check, cell) for check, cell in self.checks if cell.state in BAD)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Something that is otherwise than it was the time before."""

    time: str
    host: str
    check: str
    cell: Cell


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run that a report over some time names."""

    number: int
    began: str
    who: str
    what: str
    end: str


@dataclass(frozen=True, kw_only=True)
class FleetView:
    """A report as all its writers show it. Every text is fit to be shown: nothing in it steers a terminal.

    `run` is the last run that it tells of, and `time` when that was, in UTC (ISO 8601); `seconds` is how
    long it took, None if that is not known. `hosts` begin with the gravest, `changes` with what is new.
    """

    kind: Literal["re-check", "run", "period"]
    name: str
    run: int
    time: str
    seconds: float | None
    about: Sequence[tuple[str, str]]
    columns: Sequence[str]
    hosts: Sequence[HostView]
    changes: Sequence[Changed]
    trends: Sequence[Trend] = ()
    runs: Sequence[PastRun] = ()
    unseen: Sequence[Unseen] = ()

    @property
    def title(self) -> str:
        """What it is a report of."""
        return {"re-check": f"Re-check {self.name}", "run": f"Run {self.run}: {self.name}"}.get(
            self.kind, self.name
        )

    @property
    def states(self) -> Mapping[State, int]:
        """How many hosts are how, the gravest first."""
        found = Counter(host.state for host in self.hosts)
        return {state: found[state] for state in WORDS if found[state]}

    def words_of(self, task: Told) -> str:
        """How a task ended, in words; a re-check only looks."""
        if self.kind == "re-check" and task.state == "changed":
            return "would change"
        return WORDS[task.state]

    def sentence(self) -> str:
        """The report in one line."""
        told = ", ".join(f"{number:,} {WORDS[state]}" for state, number in self.states.items())
        said = counted(len(self.hosts), "host") + (f": {told}" if told else "")
        changed = Counter(each.cell.change for each in self.changes)
        news = ", ".join(f"{changed[each]:,} {each}" for each in ("new", "fixed") if changed[each])
        return "; ".join(filter(None, (said, news, self._not_looked_at())))

    def _not_looked_at(self) -> str:
        seen = {host.name for host in self.hosts}
        hosts = sum(1 for each in self.unseen if each.host not in seen)
        checks = sum(len(each.checks) for each in self.unseen if each.host in seen)
        told = [counted(number, what) for number, what in ((hosts, "host"), (checks, "check")) if number]
        return f"not looked at: {' and '.join(told)}" if told else ""


def moment(time: str) -> str:
    """A time for people: to the minute, in UTC; as it is if it is none."""
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return time


def measured(figure: Measured) -> str:
    """A figure with its unit: `12 d`, `0.5`."""
    return f"{figure.value:.12g}{f' {figure.unit}' if figure.unit else ''}"
