"""Telling of the hosts' locks, and breaking one."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from remediate.cli.exit_codes import FAILED
from remediate.cli.options import default_state_dir
from remediate.cli.reaching import chosen_hosts
from remediate.engine.locking import in_words
from remediate.engine.looking import break_lock, look_at_lock
from remediate.errors import UsageError
from remediate.hosts.lock import Found
from remediate.hosts.lock_owner import Owner, moment
from remediate.reports.cleaning import indented
from remediate.reports.words import counted
from remediate.store.database import FILE, refuse_missing
from remediate.store.history import KeptRun, address_of, open_history
from remediate.store.journal import INTENT


def known_runs(directory: Path) -> dict[str, KeptRun]:
    """The runs of this machine's history, by the name that they have on hosts.

    Raises:
        UsageError: there is a history, and it cannot be read.
    """
    if not (directory / FILE).exists():
        return {}
    with open_history(directory) as history:
        return {run.head["nonce"]: run for run in history.runs() if "nonce" in run.head}


def state_dir_of(options: Mapping[str, Any]) -> Path:
    """Where the history is.

    Raises:
        UsageError: there is none where the command line says.
    """
    if options["state_dir"] is not None:
        refuse_missing(options["state_dir"])
    return options["state_dir"] or default_state_dir()


def tell_locks(options: Mapping[str, Any]) -> int:
    """One line for each host that is locked; the exit code.

    Raises:
        InputError: the inventory is wrong; nothing was contacted.
    """
    chosen, directory = chosen_hosts("all", options), state_dir_of(options)
    runs = known_runs(directory)
    locked = 0
    for name, found, _ in chosen.ask(look_at_lock):
        if not found.free:
            locked += 1
            click.echo(f"locked       {name}  {holder_in_words(found.holder, runs)}")
            _tell_commands(name, found, runs, directory)
    number = len(chosen.targets)
    told = f"{locked} locked, {chosen.failed} failed, {chosen.unreachable} unreachable"
    click.echo(f"{counted(number, 'host')}: {told}")
    return chosen.exit_code


def break_lock_of(name: str, options: Mapping[str, Any], *, yes: bool) -> int:
    """Say who holds a host's lock, ask, and break it; the exit code.

    Raises:
        UsageError: there is no such host, or nobody to ask; nothing was contacted.
    """
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            f"the lock of {name} is not broken unasked, and there is no terminal to ask at",
            cure="see 'remediate locks' for who holds it; --yes breaks it without asking",
        )
    chosen = chosen_hosts(name, options)
    if list(chosen.targets) != [name]:
        raise UsageError(
            f"--break wants one host of the inventory, not '{name}'", cure="name it as it is there"
        )
    directory = state_dir_of(options)
    runs = known_runs(directory)
    held = next(chosen.ask(look_at_lock), None)
    if held is None:
        return chosen.exit_code
    _, found, _ = held
    if found.free:
        click.echo(f"{name} is not locked")
        return 0
    click.echo(f"{name} is locked by {holder_in_words(found.holder, runs)}")
    _tell_commands(name, found, runs, directory)
    if not yes:
        _ask(name, found)
    for _, after, _ in chosen.ask(lambda host, target: break_lock(host, target, found)):
        if not after.free:
            click.echo(f"{name} is locked by another one by now: {holder_in_words(after.holder, runs)}")
            return FAILED
        click.echo(f"the lock of {name} is broken")
    return chosen.exit_code


def _tell_commands(name: str, found: Found, runs: Mapping[str, KeptRun], directory: Path) -> None:
    """What the holder of a lock still runs there; in the words of the history, if that knows his run."""
    run = None if found.holder is None else runs.get(found.holder.run)
    known: dict[str, str] = {}
    if found.commands and run is not None:
        with open_history(directory) as history:
            records = history.records(run.number, name)
        known = {
            address_of(each): f"task '{each.body['task']}': {each.body['change']}"
            for each in records
            if each.kind == INTENT
        }
    for command in found.commands:
        words = in_words(command, known.get(command.key.removesuffix(".confirm"), ""))
        click.echo(f"             {indented(f'at work there: {words}')}")


def _ask(name: str, found: Found) -> None:
    """Ask the person.

    Raises:
        Abort: he does not want it.
    """
    if found.holder is not None and not found.holder.left_behind():
        click.echo("If that run is still at work, it will not notice, and another one may get in its way.")
    click.confirm(f"Break the lock of {name}?", abort=True)


def holder_in_words(owner: Owner | None, runs: Mapping[str, KeptRun]) -> str:
    """Who has a lock, for which run, since when and until when."""
    if owner is None:
        return "somebody who is just taking it"
    run = runs.get(owner.run)
    told = f"run {run.number}" if run is not None else f"a run that is not in the history here ({owner.run})"
    words = f"{owner.who}, process {owner.pid}, {told}, since {moment(owner.since)}"
    if owner.left_behind():
        return indented(f"{words}; left behind: that process is no more")
    if owner.expires < time.time():
        return indented(f"{words}; left behind: its time was up at {moment(owner.expires)}")
    return indented(f"{words}, until {moment(owner.expires)} unless it is prolonged")
