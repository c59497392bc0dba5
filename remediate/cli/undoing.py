"""Taking a run back: made of what the store keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from remediate.cli import running
from remediate.cli.options import default_state_dir
from remediate.cli.thawing import narrowed, prepare_again
from remediate.engine.undoing import UndoWalk
from remediate.errors import Place, UsageError
from remediate.inventory.patterns import select
from remediate.plan_key import load_key
from remediate.playbook.model import Play
from remediate.reports.cleaning import printable
from remediate.reports.words import named
from remediate.review.content import content_from
from remediate.review.undoing import Lasting, Undoing, undoing_of
from remediate.store.history import open_history


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
        content, undone = content_from(history.content(number)), history.undone(number)
    key = load_key(directory, make=False)
    prepared, opener, options = prepare_again(run, content, options, key)
    undoing = undoing_of(run, records, undone, opener)
    prepared.derived.add_all(opener.derived)
    chosen = select(prepared.inventory, "all", limit=options["limit"])
    names = [name for name in chosen if name in undoing.changes]
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
        walk=UndoWalk(changes=undoing.changes, run=f"run {number}"),
    )


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
        click.echo(printable(f"  {what.change}: {what.why} (task '{what.task}')"))
        click.echo(f"    on {named(names, [])}")
