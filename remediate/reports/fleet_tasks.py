"""A run's tasks for its readers: what became of each on each host, and what a host's story tells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from remediate.records import dataclass
from remediate.reports.cleaning import printable
from remediate.reports.fleet_view import BAD, NOTHING, QUIET, Cell, State, Told, gravest
from remediate.reports.words import printable_line
from remediate.store.findings import Change
from remediate.store.history import Record, address_of, step_of, unfinished
from remediate.store.journal import TASK

Step = tuple[int, ...]
_LATER: Step = (1 << 30,)
"""The step of what does not say its own."""

_LOST = "NOT KNOWN whether it was done: "


@dataclass
class _Column:
    """A task as the playbook has it: hosts may have given it different names."""

    name: str
    step: Step = _LATER
    cells: dict[str, dict[Step, Cell]] = field(default_factory=dict)

    def put(self, host: str, step: Step, cell: Cell) -> None:
        """Keep how it ended; what a run that went on has done again counts as it was the last time."""
        cells = self.cells.setdefault(host, {})
        if step:
            cells.pop((), None)
            self.step = min(self.step, step)
        cells[step] = cell

    def is_of(self, step: Step, task: str) -> bool:
        """Whether it is the one of a change; where no step was kept, by the task's name."""
        return self.step == step if step else self.name == task

    def cell(self, host: str) -> Cell:
        """The gravest of a host; a task may have been there several times, by includes."""
        cells = self.cells.get(host, {}).values()
        worst = gravest([cell.state for cell in cells])
        return next((cell for cell in cells if cell.state == worst), NOTHING)


@dataclass(frozen=True, kw_only=True)
class RunTasks:
    """The tasks of a run: the columns in the order of the run, and for each host its cells and its story."""

    columns: Sequence[str]
    cells: Mapping[str, Sequence[Cell]]
    told: Mapping[str, Sequence[Told]]


def tasks_of(
    run: int, records: Sequence[Record], before: frozenset[tuple[str, str]] | None = None
) -> RunTasks:
    """What the records of a run say of its tasks, and of changes of which nobody knows the end.

    `before` are the `failures` of the run that it is compared with; None if there is none.
    """
    columns: dict[str, _Column] = {}
    told: dict[str, list[Told]] = {}
    for record in records:
        if record.kind == TASK:
            each = _told(run, record)
            step = tuple(record.body.get("kept", {}).get("step", ()))
            column = columns.setdefault(each.place or each.task, _Column(each.task))
            change = _change(each.state, (record.host, each.task), before)
            column.put(record.host, step, Cell(state=each.state, change=change, message=each.message))
            if each.state not in QUIET:
                told.setdefault(record.host, []).append(each)
    for record in unfinished(records):
        address, lost = address_of(record), _lost(run, record)
        step = step_of(address) if address else ()
        known = next((each for each in columns.values() if each.is_of(step, lost.task)), None)
        column = known or columns.setdefault(lost.task, _Column(lost.task))
        column.put(record.host, step, Cell(state="unknown", message=lost.message))
        told.setdefault(record.host, []).append(lost)
    ordered = sorted(columns.values(), key=lambda column: column.step)
    hosts = {record.host: None for record in records if record.host}
    return RunTasks(
        columns=list(_named_apart(ordered, columns)),
        cells={host: [column.cell(host) for column in ordered] for host in hosts},
        told=told,
    )


def failures(records: Iterable[Record]) -> frozenset[tuple[str, str]]:
    """Host and task of all that failed in a run, to compare another one with."""
    return frozenset(
        (record.host, printable_line(record.body["task"]))
        for record in records
        if record.kind == TASK and _state(record.body) in BAD
    )


def _change(state: State, task: tuple[str, str], before: frozenset[tuple[str, str]] | None) -> Change:
    if before is None:
        return ""
    if state in BAD:
        return "still" if task in before else "new"
    return "fixed" if task in before and state in ("ok", "changed") else ""


def _told(run: int, record: Record) -> Told:
    body = record.body
    return Told(
        run=run,
        time=record.time,
        play=printable_line(body.get("play", "")),
        task=printable_line(body["task"]),
        place=printable(body.get("place", "")),
        state=_state(body),
        message=printable(body.get("message", "")),
        diff=printable(body.get("diff", "")),
    )


def _lost(run: int, record: Record) -> Told:
    return Told(
        run=run,
        time=record.time,
        play="",
        task=printable_line(record.body["task"]),
        place="",
        state="unknown",
        message=_LOST + printable(record.body["change"]),
        diff="",
    )


def _state(body: Mapping[str, Any]) -> State:
    if body["status"] == "failed" and (body.get("ignored") or body.get("rescued")):
        return "ignored"
    state: State = body["status"]
    return state


def _named_apart(ordered: Sequence[_Column], columns: Mapping[str, _Column]) -> Iterator[str]:
    """The names of the columns, with their places where a name is there twice."""
    places = {id(column): place for place, column in columns.items()}
    names = [column.name for column in ordered]
    twice = {name for name in names if names.count(name) > 1}
    for column in ordered:
        yield f"{column.name} ({places[id(column)]})" if column.name in twice else column.name
