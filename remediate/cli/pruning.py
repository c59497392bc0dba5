"""Deciding which runs are old enough to be taken out of the history, and telling what goes with them."""

import re
import socket
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from remediate import __version__
from remediate.cli.running import user_here
from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.reports.past import run_line, size_in_words
from remediate.reports.words import counted
from remediate.review.resuming import can_go_on
from remediate.store.deliveries import open_deliveries
from remediate.store.findings import open_findings
from remediate.store.history import History, KeptRun, open_history
from remediate.store.proof import PRUNED
from remediate.store.pruning import held, prune, store_size

_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


@dataclass(frozen=True, kw_only=True)
class Old:
    """The runs that are older than what is kept: which of them go, and why the others stay."""

    going: tuple[KeptRun, ...]
    staying: Mapping[int, str]


def age(text: str) -> timedelta:
    """Such as `90d`, `12w` or `36h`.

    Raises:
        UsageError: it is none of these.
    """
    found = re.fullmatch(r"([0-9]{1,5})([hdw])", text)
    if found is None:
        raise UsageError(f"--keep '{text}' is no age", cure="such as 90d, 12w or 36h")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def prune_history(directory: Path, keep: str, unfinished: Sequence[int], *, check: bool) -> int:
    """Take out what is older, or with `check` only tell what that would be; the exit code.

    Raises:
        UsageError: the age or a run is wrong, a run is under way, or the store cannot be used.
    """
    before = datetime.now(UTC) - age(keep)
    with open_history(directory) as history, open_findings(directory) as findings:
        old = _old(history, before, unfinished, findings.standing_runs())
        size = store_size(directory)
        _tell(history, old, _untold(directory))
        then = int(size * (1 - history.share([run.number for run in old.going])))
    numbers = [run.number for run in old.going]
    if not numbers:
        click.echo(f"nothing to prune: {size_in_words(size)}")
        return 0
    runs = counted(len(numbers), "run")
    with held(directory, numbers):
        if check:
            click.echo(f"would prune {runs}: {size_in_words(size)} now, about {size_in_words(then)} then")
            return 0
        head = {
            "began": datetime.now(UTC).isoformat(timespec="seconds"),
            "user": user_here(),
            "machine": socket.gethostname(),
            "version": __version__,
            "keep": keep,
        }
        prune(directory, numbers, head)
    click.echo(f"pruned {runs}: {size_in_words(size)} before, {size_in_words(store_size(directory))} now")
    return 0


def _old(history: History, before: datetime, unfinished: Sequence[int], standing: Collection[int]) -> Old:
    """What is older than that; `standing` are the runs that the next re-checks are compared with.

    Raises:
        UsageError: one of `unfinished` is not an old run that could be gone on with.
    """
    heard = history.last_heard()
    runs = [run for run in history.runs() if datetime.fromisoformat(heard[run.number]) < before]
    staying: dict[int, str] = {}
    for run in runs:
        if PRUNED in run.head:
            staying[run.number] = "it is the record of what was pruned"
        elif run.number in standing:
            staying[run.number] = "the next re-check of its name is compared with it"
        elif can_go_on(run) and run.number not in unfinished:
            cure = f"'remediate resume {run.number}' goes on with it, --unfinished {run.number} prunes it"
            staying[run.number] = f"it is unfinished: {cure}"
    wrong = [number for number in unfinished if not any(r.number == number and can_go_on(r) for r in runs)]
    if wrong:
        raise UsageError(
            f"run {wrong[0]} is no unfinished one that is older than --keep says",
            cure="see 'remediate history'",
        )
    going = {run.number: run for run in runs if run.number not in staying}
    kept = {run.number for run in history.runs()} - going.keys()
    for run in reversed(runs):  # what is taken back would else look as if it was not
        target = run.head.get("undoes")
        if run.number in going and target in kept:
            del going[run.number]
            kept.add(run.number)
            staying[run.number] = f"it takes back run {target}, which is kept"
    return Old(going=tuple(going.values()), staying=staying)


def _untold(directory: Path) -> list[tuple[int, str]]:
    """The runs with messages that are to be sent still, and the channels."""
    with open_deliveries(directory) as deliveries:
        return [(each.run, each.channel) for each in deliveries.due()]


def _tell(history: History, old: Old, untold: Sequence[tuple[int, str]]) -> None:
    revocable = history.revocable()
    for run in old.going:
        click.echo(run_line(run))
        for number, channel in untold:
            if number == run.number:
                click.echo(f"    channel '{channel}' was not told of it, and never will be then")
        changes = revocable.get(run.number, 0)
        if changes:
            what = "its one change" if changes == 1 else f"its {changes} changes"
            click.echo(f"    {what} cannot be taken back any more then")
    for number, why in old.staying.items():
        click.echo(f"run {number} stays: {why}")
