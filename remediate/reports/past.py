"""What the store remembers of runs, as lines for people and as objects for programs."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from remediate.engine.keeping import result_kept
from remediate.errors import InputError
from remediate.reports.cleaning import indented
from remediate.reports.outputs import lines_of, outputs_of
from remediate.reports.words import counted, named, place_told
from remediate.sealing import in_words
from remediate.store.history import KeptRun, Record, unfinished
from remediate.store.journal import RESUMED, TASK
from remediate.store.proof import PRUNED

_DIGITS = 12
"""Digits of a plan's identity that are enough to know it by."""
_MOST_WAITING = 5
"""Runs that are said to be unfinished; of older ones everybody knows it."""
_MOST_LINES, _WIDEST = 20, 200
"""Lines of what a task's commands have printed, and letters of each, that are shown to people."""


def run_objects(
    runs: Iterable[KeptRun], at_work: Container[int], unfinished_on: Mapping[int, Sequence[str]]
) -> list[dict[str, Any]]:
    """Each run with what it began with, its recap, whether it is under way, and on which hosts unfinished."""
    return [
        {
            "run": run.number,
            **run.head,
            "recap": run.ended,
            "under_way": run.number in at_work,
            "unfinished": list(unfinished_on.get(run.number, ())),
        }
        for run in runs
    ]


def record_objects(run: KeptRun, records: Iterable[Record]) -> list[dict[str, Any]]:
    """Each record as it was written, without what is kept to go on with the run, or to take it back.

    What commands have printed is whole, under `outputs`: of a task's command, or of each item's in a loop.
    """
    return [
        {
            "seq": each.seq,
            "time": each.time,
            "kind": each.kind,
            "host": each.host,
            **{name: value for name, value in each.body.items() if name not in ("kept", "undo")},
            **({"outputs": outputs} if (outputs := _outputs(run, each)) else {}),
        }
        for each in records
    ]


def runs_lines(
    runs: Sequence[KeptRun], at_work: Container[int], unfinished_on: Mapping[int, Sequence[str]]
) -> list[str]:
    """A line a run, the last one at the end; and the last ones that somebody should go on with."""
    if not runs:
        return ["no runs yet"]
    width = len(str(runs[-1].number))
    lines = [run_line(run, at_work, width) for run in runs]
    waiting = [number for number in unfinished_on if number not in at_work]
    if len(waiting) > _MOST_WAITING:
        lines.append(f"{len(waiting) - _MOST_WAITING} more runs are unfinished: see --json")
    for number in waiting[-_MOST_WAITING:]:
        on = f" on {named(unfinished_on[number], [])}" if unfinished_on[number] else ""
        lines.append(indented(f"run {number} is unfinished{on}: 'remediate resume {number}' goes on with it"))
    return lines


def run_line(run: KeptRun, at_work: Container[int] = (), width: int = 0) -> str:
    """One run in a line: its number, who ran what, and how it ended, if it is not `at_work`."""
    end = "under way" if run.number in at_work else how_ended(run)
    return indented(f"{run.number:>{width}}  {_beginning(run.head)}  {end}".rstrip())


def size_in_words(size: int) -> str:
    """A number of bytes, such as `1.5 MB`."""
    number, units = float(size), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while number >= 1000 and unit != "GB":
        number, unit = number / 1000, next(units)
    return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"


def run_lines(
    run: KeptRun, records: Sequence[Record], at_work: Container[int], *, every_task: bool
) -> list[str]:
    """What a run did: changes with their diffs and failures, or every task; and what nobody knows."""
    lines = [f"run {run_line(run, at_work)}"]
    if run.head.get("limit"):
        lines.append(f"  limited to {run.head['limit']}")
    if "plan" in run.head:
        lines.append(f"  plan {run.head['plan']}, from {run.head['plan_file']}")
        lines.append(f"  approved by {', '.join(run.head['approved_by']) or 'nobody: none was demanded'}")
    for record in records:
        if record.kind == RESUMED:
            lines.append(f"{record.time}  gone on with by {who_ran(record.body)}")
        if record.kind == TASK and (every_task or _is_telling(record.body)):
            lines += [*_task(record, dry_run="recheck" in run.head), *_printed(run, record)]
    for intent in unfinished(records):
        lines.append(
            f"{intent.time}  {intent.host}  NOT KNOWN whether it was done: {intent.body['change']} "
            f"(task {intent.body['task']})"
        )
    return [indented(line) for line in lines]


_TELLING = frozenset({"changed", "failed", "unreachable"})


def _is_telling(task: Mapping[str, Any]) -> bool:
    """Whether a task did something or failed; also what `changed_when` did not count, but no waiting."""
    changes = task["status"] == "ok" and task["effects"] and task["module"] != "pause"
    return task["status"] in _TELLING or bool(changes)


def _task(record: Record, *, dry_run: bool) -> list[str]:
    body = record.body
    status = "would change" if dry_run and body["status"] == "changed" else body["status"]
    says = f": {body['message']}" if body["message"] and body["status"] in _TELLING else ""
    lines = [f"{record.time}  {record.host}  {status}  {body['task']}{says}"]
    at = place_told(body["status"], body.get("place", ""), body["message"])
    return lines + [f"    {line}" for line in ([at] if at else []) + body["diff"].splitlines()]


def _printed(run: KeptRun, record: Record) -> list[str]:
    """What commands have printed, as far as anybody would read it here."""
    lines = [*lines_of(_outputs(run, record))]
    shown = [f"    {stream} | {line[:_WIDEST]}{'...' * (len(line) > _WIDEST)}" for stream, line in lines]
    more = len(lines) - _MOST_LINES
    return shown[:_MOST_LINES] + ([f"    ... {more} more lines: see --json"] if more > 0 else [])


def _outputs(run: KeptRun, record: Record) -> list[dict[str, str]]:
    """What commands have printed, with words in the place of the secrets that were sealed in it."""
    kept = record.body.get("kept", {})
    if "result" not in kept:
        return []
    try:
        result = result_kept(record.body["status"], kept, record.body).result
    except InputError:  # an older version has sealed the name of what it is
        return []
    nonce = run.head.get("nonce", "")
    return [{name: in_words(text, nonce) for name, text in each.items()} for each in outputs_of(result)]


def _beginning(head: Mapping[str, Any]) -> str:
    return f"{head.get('began', '?')}  {who_ran(head)}  {what_ran(head)}"


def what_ran(head: Mapping[str, Any]) -> str:
    """What a run carried out, or took back."""
    what = " ".join(head.get("playbooks", ()))
    if "undoes" in head:
        what = f"takes back run {head['undoes']} of {what}"
    elif PRUNED in head:
        numbers = head[PRUNED]
        what = f"pruned: run{'' if len(numbers) == 1 else 's'} {', '.join(numbers)} (keeping {head['keep']})"
    elif "recheck" in head:
        what = f"re-check {head['recheck']} by {what}"
    elif "plan" in head:
        by = ", ".join(head["approved_by"])
        what += f"  plan {head['plan'][:_DIGITS]}" + (f", approved by {by}" if by else "")
    return what


def who_ran(head: Mapping[str, Any]) -> str:
    """Who began a run, and where."""
    return f"{head.get('user', '?')}@{head.get('machine', '?')}"


def how_ended(run: KeptRun) -> str:
    """How a run ended, in words; one without an end is taken to be cut off. Empty if it only pruned."""
    recap = run.ended
    if PRUNED in run.head:
        return ""
    if recap is None and "recheck" in run.head:  # killed, or at its deadline: nothing tells which
        return "stopped before it was through"
    if recap is None:
        rest = f": 'remediate undo {run.head['undoes']}' takes back the rest" if "undoes" in run.head else ""
        return f"cut off{rest}"
    hosts = recap["hosts"].values()
    words = {word: word for word in ("changed", "failed", "unreachable", "stopped")}
    if recap["dry_run"]:
        words["changed"] = "to be changed"
    if "recheck" in run.head:  # a check that does not hold is no failure of the run
        words["changed"] = words["failed"] = "not as it should be"
    counts = Counter(
        said for host in hosts for said in dict.fromkeys(said for word, said in words.items() if host[word])
    )
    told = ", ".join(f"{number} {word}" for word, number in counts.items())
    said = f"{counted(len(hosts), 'host')}" + (f": {told}" if told else "")
    return said + (", interrupted" if recap["interrupted"] else "")
