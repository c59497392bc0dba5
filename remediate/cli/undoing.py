"""Taking a run back: made of what the store keeps of it."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from remediate.cli import running
from remediate.cli.options import default_state_dir
from remediate.cli.thawing import narrowed, prepare_again
from remediate.engine.past import NO_PAST, Past
from remediate.engine.undoing import UndoWalk
from remediate.errors import Place, UsageError
from remediate.inventory.patterns import select
from remediate.plan_key import load_key
from remediate.playbook.model import Play
from remediate.reports.cleaning import indented
from remediate.reports.words import named
from remediate.review.content import content_from
from remediate.review.resuming import begun_back, can_go_on, past_of_undo
from remediate.review.undoing import Lasting, Undoing, undoing_of
from remediate.store.alive import Alive, under_way
from remediate.store.history import KeptRun, Record, open_history


def undo_run(number: int, options: Mapping[str, Any]) -> int:
    """Say what stays, and take back the rest; the exit code.

    Raises:
        UsageError: there is no such run, nothing of it can be taken back, or a secret is missing.
    """
    directory = options["state_dir"] or default_state_dir()
    with open_history(directory) as history:
        run, records = history.run(number), history.records(number)
        if "recheck" in run.head:
            raise UsageError(
                f"run {number} is a re-check: it changed nothing, so nothing is to be taken back"
            )
        content = content_from(history.content(number))
        undos = [(each, history.records(each.number)) for each in history.undos(number)]
    key = load_key(directory, make=False)
    prepared, opener, options = prepare_again(run, content, options, key)
    undoing = undoing_of(run, records, [each for _, each in undos], opener)
    prepared.derived.add_all(opener.derived)
    chosen = select(prepared.inventory, "all", limit=options["limit"])
    _refuse_begun(run, records, chosen)
    with contextlib.closing(Alive(directory)) as alive:
        cut_off, past = (None, NO_PAST) if options["dry_run"] else _cut_off(undos, chosen, directory, alive)
        names = [name for name in chosen if name in undoing.changes or name in past.held]
        _tell_lasting(undoing, chosen)
        if not names:
            raise UsageError(
                f"there is nothing of run {number} to take back here", cure="see 'remediate history'"
            )
        name = f"Take back run {number}"
        play = Play(name=name, hosts=",".join(names), place=Place(name), directory=Path())
        prepared = narrowed(prepared, names, dry_run=options["dry_run"])
        plain = replace(prepared.options, tags=frozenset(), skip_tags=frozenset())
        return running.perform(
            replace(prepared, plays=(play,), options=plain),
            options,
            about={"undoes": number, "limit": options["limit"]},
            past=past,
            walk=UndoWalk(changes=undoing.changes, run=f"run {number}"),
            resumed=cut_off,
        )


def _refuse_begun(run: KeptRun, records: Sequence[Record], chosen: Sequence[str]) -> None:
    """See that the run itself has begun no command that takes it back: only itself can collect that.

    Raises:
        UsageError: it has.
    """
    hosts = _begun_on(begun_back(records), chosen)
    if hosts and can_go_on(run):
        raise UsageError(
            f"run {run.number} was cut off over a command that takes it back on {named(hosts, [])}",
            cure=f"'remediate resume {run.number}' goes on with that",
        )


def _cut_off(
    undos: Sequence[tuple[KeptRun, Sequence[Record]]], chosen: Sequence[str], directory: Path, alive: Alive
) -> tuple[KeptRun | None, Past]:
    """The undo that was cut off and goes on now, and what it holds; None if there is none.

    Raises:
        UsageError: there are several, and each has begun commands.
    """
    at_work = under_way(directory, [run.number for run, _ in undos])
    pasts = [(run, past_of_undo(records)) for run, records in undos if run.number not in at_work]
    begun = {run.number: hosts for run, past in pasts if (hosts := _begun_on(past.begun, chosen))}
    if len(begun) > 1:
        told = ", ".join(f"run {number} on {named(hosts, [])}" for number, hosts in begun.items())
        raise UsageError(
            f"several runs were cut off over commands that take back: {told}",
            cure="go on with one after the other: --limit",
        )
    cut_off = [run.number for run, _ in pasts if run.ended is None]
    for run, past in pasts:
        if run.number in [*begun, *cut_off][:1] and alive.hold(run.number):
            click.echo(f"going on with run {run.number}, which was cut off", err=True)
            return run, past
    return None, NO_PAST


def _begun_on(begun: Iterable[tuple[str, object]], chosen: Sequence[str]) -> list[str]:
    """The chosen hosts on which something was begun."""
    hosts = {host for host, _ in begun}
    return [name for name in chosen if name in hosts]


def _tell_lasting(undoing: Undoing, chosen: Sequence[str]) -> None:
    """What stays, the same of several hosts once."""
    order = {name: number for number, name in enumerate(chosen)}
    hosts: dict[Lasting, list[str]] = {}
    lasting = [each for each in undoing.lasting if each.host in order]
    for each in sorted(lasting, key=lambda each: order[each.host]):
        hosts.setdefault(replace(each, host=""), []).append(each.host)
    if hosts:
        click.echo("Cannot be taken back:")
    for what, names in hosts.items():
        click.echo(indented(f"  {what.change}: {what.why} (task '{what.task}')"))
        click.echo(f"    on {named(names, [])}")
