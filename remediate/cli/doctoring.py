"""Looking at what is left on hosts, judging it by the history, and removing what nobody needs."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from remediate.cli.locking import holder_in_words, known_runs, state_dir_of
from remediate.cli.reaching import chosen_hosts
from remediate.engine.looking import break_lock, look_at_lock, look_at_spool, remove_claims
from remediate.hosts.host import Host
from remediate.hosts.leftovers import OLD_DAYS, LeftClaim, LeftSpool
from remediate.hosts.lock import Found
from remediate.hosts.target import Target
from remediate.records import dataclass
from remediate.reports.cleaning import indented
from remediate.reports.words import counted
from remediate.review.resuming import can_go_on, undone_further
from remediate.store.history import KeptRun

Runs = Mapping[str, KeptRun]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One thing that was left on a host, in words; `why` says why it stays, empty if nobody needs it."""

    what: str
    why: str
    claims: tuple[LeftClaim, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What was found on one host."""

    lock: Found
    spool: LeftSpool | None


def examine(options: Mapping[str, Any], *, clean: bool) -> int:
    """Tell what is left on each host, and with `clean` remove what nobody needs; the exit code.

    Raises:
        InputError: the inventory is wrong; nothing was contacted.
    """
    chosen = chosen_hosts("all", options)
    runs = known_runs(state_dir_of(options))
    clear = removable = 0
    for name, found, _ in chosen.ask(lambda host, target: _examine(host, target, runs, clean=clean)):
        judged = [*_judged_lock(found.lock, runs), *_judged_claims(found.spool, runs)]
        clear += not judged
        for each in judged:
            removable += not each.why
            end = f"stays: {each.why}" if each.why else "removed" if clean else "nobody needs it any more"
            click.echo(f"{name}  {indented(each.what)}; {end}")
    number = len(chosen.targets)
    told = f"{clear} with nothing left, {chosen.failed} failed, {chosen.unreachable} unreachable"
    click.echo(f"{counted(number, 'host')}: {told}")
    if removable and not clean:
        click.echo("What nobody needs any more is removed with --clean.")
    return chosen.exit_code


def _examine(host: Host, target: Target, runs: Runs, *, clean: bool) -> Examined:
    lock, spool = look_at_lock(host, target), look_at_spool(host, target)
    if clean:
        for each in _judged_lock(lock, runs):
            if not each.why:
                break_lock(host, target, lock)
        unneeded = [claim for each in _judged_claims(spool, runs) if not each.why for claim in each.claims]
        remove_claims(host, target, unneeded)
    return Examined(lock=lock, spool=spool)


def _judged_lock(lock: Found, runs: Runs) -> Iterator[Judged]:
    """The lock, if it was left behind."""
    owner = lock.holder
    if owner is None or not (owner.left_behind() or owner.expires < time.time()):
        return
    why = "a command of it is still at work" if lock.commands else _needed(runs.get(owner.run))
    yield Judged(what=f"locked by {holder_in_words(owner, runs)}", why=why)


def _judged_claims(spool: LeftSpool | None, runs: Runs) -> Iterator[Judged]:
    """The claims, those of one run together; but those that run by themselves."""
    if spool is None:
        return
    for name in dict.fromkeys(claim.run for claim in spool.claims):
        run = runs.get(name)
        told = f"a run that is not in the history here ({name})"
        if run is not None:
            told = f"run {run.number} of {run.head.get('began', '?')}"
        own = [claim for claim in spool.claims if claim.run == name]
        at_work = [claim for claim in own if claim.state == "runs"]
        if at_work:
            yield Judged(what=f"{_commands(at_work)} of {told}, in {spool.directory}", why="still at work")
        over = [claim for claim in own if claim.state != "runs"]
        if run is None:
            for claims, why in (
                ([each for each in over if each.old], ""),
                ([each for each in over if not each.old], f"changed within the last {OLD_DAYS} days"),
            ):
                if claims:
                    yield _results(claims, told, spool, why)
        elif over:
            yield _results(over, told, spool, _needed(run))


def _results(claims: Sequence[LeftClaim], told: str, spool: LeftSpool, why: str) -> Judged:
    broken = sum(each.state == "broken" for each in claims)
    cut = f", {broken} cut off" if broken else ""
    size = sum(each.kilobytes for each in claims)
    what = f"what {_commands(claims)} of {told} left ({size} KB{cut}), in {spool.directory}"
    return Judged(what=what, why=why, claims=tuple(claims))


def _needed(run: KeptRun | None) -> str:
    if run is not None and can_go_on(run):
        return f"'remediate resume {run.number}' can go on with it"
    if run is not None and (target := undone_further(run)):
        return f"'remediate undo {target}' goes on with it"
    return ""


def _commands(claims: Sequence[LeftClaim]) -> str:
    return counted(len(claims), "command")
