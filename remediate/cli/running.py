"""Putting a run together from what is prepared, and performing it."""

import os
import pwd
import signal
import socket
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from remediate import __version__
from remediate.cli.bookable import AgendaAhead, books, refuse_bookings
from remediate.cli.exit_codes import CHANGES, FAILED, INTERRUPTED, UNREACHABLE
from remediate.cli.options import default_state_dir
from remediate.cli.person import TerminalOperator
from remediate.cli.preparing import Prepared, passwords_of
from remediate.engine.agenda import Agenda
from remediate.engine.events import Recap
from remediate.engine.locking import GoingOn, not_known
from remediate.engine.options import selections_of
from remediate.engine.past import NO_PAST, Past
from remediate.engine.run import Observer, Run, Walk
from remediate.engine.selection import pruned
from remediate.engine.walk import walk_play
from remediate.engine.warrant import ANYTHING, Warrant
from remediate.hosts.fleet import Fleet
from remediate.inventory.folders import exists
from remediate.playbook.model import each_task
from remediate.reports.cleaning import indented
from remediate.reports.events_file import EventsFile
from remediate.reports.steady import steady_outputs
from remediate.reports.terminal import Terminal
from remediate.sealing import Sealer, new_nonce
from remediate.secrecy import Redactor
from remediate.store.journal import Journal, NoJournal

if TYPE_CHECKING:
    from remediate.store.history import KeptRun
    from remediate.store.run_journal import StoreJournal


def show_lists(prepared: Prepared, *, hosts: bool, tasks: bool) -> None:
    """`--list-hosts` and `--list-tasks`: what each play would be run on, and what it consists of."""
    selections = selections_of(prepared.plays, prepared.inventory, prepared.options)
    for number, (play, names) in enumerate(selections, 1):
        click.echo(indented(f"play #{number} ({play.hosts}): {play.name}"))
        if hosts:
            click.echo(f"  hosts ({len(names)}):")
            for name in names:
                click.echo(f"    {name}")
        if tasks:
            click.echo("  tasks:")
            options = prepared.options
            for task in each_task(pruned(play, options.tags, options.skip_tags).tasks):
                tags = f"  TAGS: [{', '.join(sorted(task.tags))}]" if task.tags else ""
                click.echo(indented(f"    {task.name}{tags}"))


def perform(
    prepared: Prepared,
    options: Mapping[str, Any],
    *,
    about: Mapping[str, Any] | None = None,
    warrant: Warrant = ANYTHING,
    past: Past = NO_PAST,
    walk: Walk = walk_play,
    resumed: "KeptRun | None" = None,
) -> int:
    """Do it, show it, and say with the exit code how it went.

    Args:
        prepared: what to do.
        options: those of the command line.
        about: what the history shows besides.
        warrant: what may be done.
        past: what the run has done already, and whom it leaves alone.
        walk: what is done with each host.
        resumed: the run that goes on; None for a new one.
    """
    if walk is walk_play:  # what is only taken back cancels re-checks, and books none
        refuse_bookings(prepared.plays, prepared.inventory, prepared.options, options)
    observers: list[Observer] = []
    events = [] if options["events"] is None else [EventsFile(options["events"], prepared.redactor)]
    journal: Journal = NoJournal()
    agenda: Agenda | None = None
    identity = None
    going_on: GoingOn = not_known
    command = ""
    outputs: AbstractContextManager[None] = nullcontext()
    if not prepared.options.dry_run:
        from remediate.reports.record import Record  # noqa: PLC0415 - a dry run keeps nothing
        from remediate.review.resuming import goes_on, going_on_in  # noqa: PLC0415 - as above

        identity = resumed.head["nonce"] if resumed is not None else new_nonce()
        number = resumed.number if resumed is not None else 0
        head = {**head_of(prepared, options), "hosts": hosts_of(prepared), "nonce": identity, **(about or {})}
        journal = kept = open_journal(prepared, options, head, resumed=number)
        observers.append(Record(kept.tell))
        agenda = _agenda(prepared, options, (about or {}).get("undoes", 0), kept.run)
        going_on = going_on_in(options["state_dir"] or default_state_dir())
        command = goes_on(kept.run, head)
        kept_there = f"the run goes on, and 'remediate history show {kept.run}' has it"
        outputs = steady_outputs(kept_there)
        for each in events:
            each.go_on_without(lambda why: _warn(f"--events {options['events']}: {why}; {kept_there}"))
    with outputs:
        terminal = Terminal(prepared.redactor, verbosity=options["verbose"], diff=options["diff"])
        try:
            recap = perform_run(
                prepared,
                journal,
                [terminal, *observers, *events],
                warrant=warrant,
                past=past,
                agenda=agenda,
                walk=walk,
                identity=identity,
                going_on=going_on,
            )
        finally:
            terminal.close()
            journal.close()
            if journal.problem:
                _tell_not_whole(journal.problem, command)
    if journal.problem and not recap.interrupted:
        return FAILED
    return exit_code(recap, detailed=bool(options.get("detailed_exitcode")), apart=past.apart)


def _warn(what: str) -> None:
    click.echo(f"warning: {what}", err=True)


def _tell_not_whole(problem: str, command: str) -> None:
    from remediate.store.database import cure_of  # noqa: PLC0415 - a dry run keeps nothing

    what = f"the history of this run is not whole: the store cannot be written: {problem}"
    click.echo(f"{what} ({cure_of(problem)}; then '{command}' goes on with it)", err=True)


def open_journal(
    prepared: Prepared, options: Mapping[str, Any], head: Mapping[str, Any], *, resumed: int
) -> "StoreJournal":
    """The journal of a run that changes something; `resumed` is the number of one that goes on, else 0.

    Raises:
        UsageError: the store cannot be used.
    """
    from remediate.store.database import store_key  # noqa: PLC0415 - a dry run keeps nothing
    from remediate.store.run_journal import StoreJournal  # noqa: PLC0415

    directory = options["state_dir"] or default_state_dir()
    return StoreJournal(
        directory,
        head,
        lambda: asdict(prepared.content()),
        redactor=prepared.redactor,
        sealer=Sealer(prepared.secrets, store_key(directory), head["nonce"]),
        typed=Redactor(passwords_of(prepared.options.connection)),
        derived=prepared.derived,
        resumed=resumed,
    )


def _agenda(prepared: Prepared, options: Mapping[str, Any], undoes: int, run: int) -> Agenda | None:
    """Where a run books re-checks, if it may have any; one that takes another back cancels those of that."""
    if not undoes and not books(prepared.plays):
        return None
    from remediate.cli.booking import RunAgenda  # noqa: PLC0415 - loads all of the schedules

    return RunAgenda(prepared, options, options["state_dir"] or default_state_dir(), undoes or run)


def head_of(prepared: Prepared, options: Mapping[str, Any]) -> dict[str, Any]:
    """Who runs what, where and when: what the history shows of a run."""
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": user_here(),
        "machine": socket.gethostname(),
        "version": __version__,
        "playbooks": [str(path) for path in options["playbooks"]],
        "inventories": [source_kept(source) for source in options["sources"]],
        "limit": prepared.options.limit,
        "tags": sorted(prepared.options.tags),
        "skip_tags": sorted(prepared.options.skip_tags),
    }


def hosts_of(prepared: Prepared) -> list[str]:
    """The hosts of all plays, each once, in the order in which the plays have them."""
    selections = selections_of(prepared.plays, prepared.inventory, prepared.options)
    return list(dict.fromkeys(name for _, names in selections for name in names))


def source_kept(source: str | Path) -> str:
    """An inventory as it is found again from everywhere: a file's whole path, or a list of hosts as it is."""
    return str(Path(source).absolute()) if exists(Path(source)) else str(source)


def user_here() -> str:
    """The name of the person (or the service) that started this: the system's, not the environment's."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a number without a name, as in some containers
        return str(os.getuid())


def exit_code(recap: Recap, *, detailed: bool, apart: Container[str] = ()) -> int:
    """What the counts of a run mean for the shell; `apart` are the hosts that it has left alone."""
    counts = [each for name, each in recap.hosts.items() if name not in apart]
    if recap.interrupted:
        return INTERRUPTED
    if any(each.failed for each in counts):
        return FAILED
    if any(each.unreachable for each in counts):
        return UNREACHABLE
    if detailed and recap.dry_run and any(each.changed or each.unknown or each.unsaid for each in counts):
        return CHANGES
    return 0


def perform_run(
    prepared: Prepared,
    journal: Journal,
    observers: Sequence[Observer],
    *,
    warrant: Warrant = ANYTHING,
    past: Past = NO_PAST,
    agenda: Agenda | None = None,
    walk: Walk = walk_play,
    identity: str | None = None,
    going_on: GoingOn = not_known,
) -> Recap:
    """Perform the run, which a person may interrupt; without an agenda it books nothing."""
    run = Run(
        plays=prepared.plays,
        inventory=prepared.inventory,
        options=prepared.options,
        hosts=Fleet(),
        controller=prepared.controller,
        journal=journal,
        operator=TerminalOperator(),
        observers=observers,
        warrant=warrant,
        past=past,
        agenda=agenda or AgendaAhead(),
        walk=walk,
        identity=identity,
        going_on=going_on,
        derived=prepared.derived,
    )
    with _interruptible(run):
        return run.perform()


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """The first Ctrl-C lets the effects under way come to their end; the second one stops at once."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        # os.write: a signal may come in the middle of a print, which cannot be entered twice.
        if run.interrupted:
            with suppress(OSError):
                os.write(2, b"\nstopped at once; the journal says which changes were under way\n")
            os._exit(INTERRUPTED)
        with suppress(OSError):  # nobody may be there to read it
            os.write(2, b"\nstopping after what is under way; press Ctrl-C again to stop at once\n")
        run.interrupt()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
