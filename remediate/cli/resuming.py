"""Going on with a run: made of what the store keeps of it, with what it has done as its past."""

import contextlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from remediate.cli import running
from remediate.cli.comparing import Compared, compare, tell_compared
from remediate.cli.exit_codes import INTERRUPTED
from remediate.cli.options import default_state_dir
from remediate.cli.preparing import Prepared
from remediate.cli.thawing import prepare_again
from remediate.errors import UsageError
from remediate.plan_key import load_key
from remediate.review.approvals import check_window
from remediate.review.content import content_from
from remediate.review.holding import Held
from remediate.review.plan import Content, Plan
from remediate.review.plan_file import read_plan
from remediate.review.resuming import begun_hosts, can_go_on, left_out_hosts, past_of
from remediate.store.alive import Alive, under_way
from remediate.store.history import History, KeptRun, Record, open_history
from remediate.store.journal import RESUMED


def resume_run(number: int | None, options: Mapping[str, Any]) -> int:
    """Find the run, and go on with it; the exit code.

    Raises:
        UsageError: there is no such run, it is through, or what it needs is missing; nothing was contacted.
    """
    directory = options["state_dir"] or default_state_dir()
    with contextlib.ExitStack() as held:
        with open_history(directory) as history:
            key = load_key(directory, make=False)
            run = _held(history, _chosen(history, directory, number), directory, held)
            content = content_from(history.content(run.number))
            records = history.records(run.number)
        return _go_on(run, content, records, options, key)


def _go_on(
    run: KeptRun, content: Content, records: Sequence[Record], options: Mapping[str, Any], key: bytes
) -> int:
    plan = _plan_of(run, options["plan"]) if "plan" in run.head else None
    prepared, opener, options = prepare_again(run, content, options, key)
    past = past_of(run, records, opener)
    prepared.derived.add_all(opener.derived)
    if plan is None:
        return running.perform(prepared, options, past=past, resumed=run)
    compared = _compared(prepared, plan, key, begun_hosts(records))
    tell_compared(compared)
    if compared.interrupted:
        return INTERRUPTED
    past = replace(past, apart=compared.apart(left_out_hosts(records)))
    return compared.code_after(
        running.perform(prepared, options, warrant=Held(plan, key), past=past, resumed=run)
    )


def _compared(prepared: Prepared, plan: Plan, key: bytes, begun: Container[str]) -> Compared:
    """The hosts that an apply has not begun, compared as it compares them when it begins."""
    chosen = [name for name in running.hosts_of(prepared) if name not in begun]
    if not chosen:
        return Compared(same=(), drifted={}, unreachable={})
    try:
        check_window(plan, datetime.now(UTC))
    except UsageError as error:
        late = {name: [error.explain()] for name in chosen}
        why = "it is too late to begin there"
        return Compared(same=(), drifted=late, unreachable={}, why=why, uncompared=chosen)
    return compare(prepared, plan, key, chosen)


def _held(history: History, run: KeptRun, directory: Path, held: contextlib.ExitStack) -> KeptRun:
    """The run as it is now that nobody else works on it.

    Raises:
        UsageError: somebody does.
    """
    alive = held.enter_context(contextlib.closing(Alive(directory)))
    if not alive.hold(run.number):
        raise _under_way(history, run)
    return _of_number(history, run.number)


def _chosen(history: History, directory: Path, number: int | None) -> KeptRun:
    """The run of that number, or the last one that can be gone on with and is not under way.

    Raises:
        UsageError: there is none.
    """
    if number is not None:
        return _of_number(history, number)
    runs = [run for run in history.runs() if can_go_on(run)]
    at_work = under_way(directory, [run.number for run in runs])
    waiting = [run for run in runs if run.number not in at_work]
    if waiting:
        _tell_waiting(waiting)
        return waiting[-1]
    if runs:
        raise _under_way(history, runs[-1])
    if undos := [run for run in history.runs() if _is_cut_off_undo(run)]:
        raise _by_undo(undos[-1])
    raise UsageError("every run came to its end: there is none to go on with", cure="see 'remediate history'")


def _tell_waiting(runs: Sequence[KeptRun]) -> None:
    """Which run is gone on with, where there are more of them."""
    *others, last = (str(run.number) for run in runs)
    if others:
        also = f"run{'' if len(others) == 1 else 's'} {', '.join(others)}"
        click.echo(
            f"going on with run {last}; unfinished as well: {also} (see 'remediate history')", err=True
        )


def _of_number(history: History, number: int) -> KeptRun:
    run = history.run(number)
    if can_go_on(run):
        return run
    if _is_cut_off_undo(run):
        raise _by_undo(run)
    raise UsageError(
        f"run {number} came to its end: there is nothing to go on with",
        cure=f"see 'remediate history show {number}'",
    )


def _is_cut_off_undo(run: KeptRun) -> bool:
    return "undoes" in run.head and run.ended is None


def _by_undo(run: KeptRun) -> UsageError:
    """What goes on with a run that takes another one back."""
    target = run.head["undoes"]
    return UsageError(
        f"run {run.number} takes back run {target}", cure=f"'remediate undo {target}' goes on with that"
    )


def _under_way(history: History, run: KeptRun) -> UsageError:
    """Who is at work on a run, and where."""
    parts = [record.body for record in history.records(run.number) if record.kind == RESUMED]
    who, did = (parts[-1], "went on with") if parts else (run.head, "began")
    return UsageError(
        f"run {run.number} is still under way: {who['user']}@{who['machine']} {did} it {who['began']}",
        cure="wait for its end, or end it",
    )


def _plan_of(run: KeptRun, moved: Path | None) -> Plan:
    """The plan to which a run is held, whether it goes on or not."""
    path = moved or Path(run.head["plan_file"])
    read = read_plan(path)
    if read.identity != run.head["plan"]:
        raise UsageError(f"{path} is not the plan of run {run.number}", cure="name that one: --plan")
    return read.plan
