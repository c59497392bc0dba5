"""Going on with a run: made of what the store keeps of it, with what it has done as its past."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.cli import running
from remediate.cli.thawing import candidates, prepare_kept
from remediate.engine.warrant import ANYTHING, Warrant
from remediate.errors import UsageError
from remediate.review.content import content_from
from remediate.review.holding import Held
from remediate.review.plan import Content
from remediate.review.plan_file import read_plan
from remediate.review.resuming import can_go_on, past_of
from remediate.sealing import Opener, load_key
from remediate.store.alive import Alive
from remediate.store.history import History, KeptRun, Record, open_history


def resume_run(number: int | None, options: Mapping[str, Any]) -> int:
    """Find the run, and go on with it; the exit code.

    Raises:
        UsageError: there is no such run, it is through, or what it needs is missing; nothing was contacted.
    """
    directory = options["state_dir"] or running.default_state_dir()
    with contextlib.ExitStack() as held:
        with open_history(directory) as history:
            key = load_key(directory, make=False)
            run = _held(history, _chosen(history, number), directory, held)
            content = content_from(history.content(run.number))
            records = history.records(run.number)
        return _go_on(run, content, records, options, key)


def _go_on(
    run: KeptRun, content: Content, records: Sequence[Record], options: Mapping[str, Any], key: bytes
) -> int:
    opener = Opener(candidates(content.playbooks, run.head["inventories"], options), key, run.head["nonce"])
    prepared = prepare_kept(content, opener, options, whole=False)
    return running.perform(
        prepared,
        {**options, "playbooks": content.playbooks, "sources": run.head["inventories"]},
        warrant=_warrant(run, options["plan"], key),
        past=past_of(run, records, opener),
        resumed=run,
    )


def _held(history: History, run: KeptRun, directory: Path, held: contextlib.ExitStack) -> KeptRun:
    """The run as it is now that nobody else works on it.

    Raises:
        UsageError: somebody does.
    """
    alive = held.enter_context(contextlib.closing(Alive(directory)))
    if not alive.hold(run.number):
        raise UsageError(
            f"run {run.number} is still under way: "
            f"{run.head['user']}@{run.head['machine']} began it {run.head['began']}",
            cure="wait for its end, or end it",
        )
    return _chosen(history, run.number)


def _chosen(history: History, number: int | None) -> KeptRun:
    if number is not None:
        run = history.run(number)
        if not can_go_on(run):
            raise UsageError(
                f"run {number} came to its end: there is nothing to go on with",
                cure=f"see 'remediate history show {number}'",
            )
        return run
    for run in reversed(history.runs()):
        if can_go_on(run):
            return run
    raise UsageError("every run came to its end: there is none to go on with", cure="see 'remediate history'")


def _warrant(run: KeptRun, moved: Path | None, key: bytes) -> Warrant:
    """A run of a plan is held to it, whether it goes on or not."""
    if "plan" not in run.head:
        return ANYTHING
    path = moved or Path(run.head["plan_file"])
    read = read_plan(path)
    if read.identity != run.head["plan"]:
        raise UsageError(f"{path} is not the plan of run {run.number}", cure="name that one: --plan")
    return Held(read.plan, key)
