"""Putting a run together from the command line's words, and performing it."""

import getpass
import os
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click

from remediate import __version__
from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.main import INTERRUPTED
from remediate.cli.options import ask_passwords, connection_of
from remediate.cli.person import TerminalOperator
from remediate.controller import Recorder
from remediate.engine.events import Recap
from remediate.engine.run import Observer, Run, RunOptions
from remediate.engine.selection import pruned
from remediate.errors import Mistakes, RemediateError, UnknownUntilApplied
from remediate.hosts.host import Fleet
from remediate.hosts.target import ConnectionOptions
from remediate.inventory.load import load_inventory
from remediate.inventory.model import Inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.lint import lint
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Play, each_task
from remediate.reports.events_file import EventsFile
from remediate.reports.record import Record
from remediate.reports.terminal import Terminal
from remediate.sealing import Sealer, load_key, new_nonce
from remediate.secrecy import Redactor, Secret, is_secret_name
from remediate.store.journal import Journal, NoJournal, StoreJournal
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

FAILED, UNREACHABLE, CHANGES = 2, 4, 5


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All that a run needs, checked, before anything is contacted."""

    plays: tuple[Play, ...]
    inventory: Inventory
    options: RunOptions
    redactor: Redactor
    controller: Recorder
    """What the playbooks, and later the run, read on this machine."""
    secrets: tuple[tuple[str, str], ...] = ()
    """The secrets that are known, each with the name of its variable."""


def prepare(options: Mapping[str, Any]) -> Prepared:
    """Read and check playbooks, inventory and variables; then ask for the passwords that a run needs.

    Raises:
        InputError: all mistakes at once; nothing was contacted.
    """
    paths: Sequence[Path] = options["playbooks"]
    refuse_mistakes(paths)
    controller = Recorder()
    plays = tuple(play for path in paths for play in load_playbook(path, Catalog().names(), controller))
    folders = dict.fromkeys([*(path.parent for path in paths), *(play.directory for play in plays)])
    inventory = load_inventory(options["sources"], vars_dirs=list(folders))
    extra = parse_extra_vars(options["extra_vars"])
    run_options = RunOptions(
        dry_run=options["dry_run"],
        diff=options["diff"],
        forks=options["forks"],
        limit=options["limit"],
        tags=_words(options["tags"]),
        skip_tags=_words(options["skip_tags"]),
        extra=extra,
        connection=connection_of(options),
    )
    prepared = Prepared(
        plays=plays,
        inventory=inventory,
        options=run_options,
        redactor=Redactor([]),
        controller=controller,
    )
    run = _run(prepared, NoJournal(), ())
    if options["list_hosts"] or options["list_tasks"]:
        run.selections()
        return prepared
    run.check()
    connection = ask_passwords(run_options.connection, options)
    named = tuple(dict.fromkeys(secrets_of(inventory, plays, extra)))
    secrets = [*(secret for _, secret in named), *_passwords(connection)]
    run_options = replace(run_options, connection=connection)
    return replace(prepared, options=run_options, redactor=Redactor(secrets), secrets=named)


def refuse_mistakes(paths: Sequence[Path]) -> None:
    """Check playbooks as `remediate lint` does.

    Raises:
        Mistakes: all of them.
    """
    mistakes = lint(paths, modules=Catalog(), templar=Templar())
    if mistakes:
        raise Mistakes(mistakes)


def show_lists(prepared: Prepared, *, hosts: bool, tasks: bool) -> None:
    """`--list-hosts` and `--list-tasks`: what each play would be run on, and what it consists of."""
    run = _run(prepared, NoJournal(), ())
    for number, (play, names) in enumerate(run.selections(), 1):
        click.echo(f"play #{number} ({play.hosts}): {play.name}")
        if hosts:
            click.echo(f"  hosts ({len(names)}):")
            for name in names:
                click.echo(f"    {name}")
        if tasks:
            click.echo("  tasks:")
            options = prepared.options
            for task in each_task(pruned(play, options.tags, options.skip_tags).tasks):
                tags = f"  TAGS: [{', '.join(sorted(task.tags))}]" if task.tags else ""
                click.echo(f"    {task.name}{tags}")


def perform(prepared: Prepared, options: Mapping[str, Any]) -> int:
    """Do it, show it, and say with the exit code how it went."""
    terminal = Terminal(prepared.redactor, verbosity=options["verbose"], diff=options["diff"])
    observers: list[Observer] = [terminal]
    journal: Journal = NoJournal()
    if not prepared.options.dry_run:
        journal = kept = open_journal(prepared, options)
        observers.append(Record(kept.tell))
    try:
        if options["events"] is not None:
            observers.append(EventsFile(options["events"], prepared.redactor))
        run = _run(prepared, journal, observers)
        with _interruptible(run):
            recap = run.perform()
    finally:
        terminal.close()
        journal.close()
        if journal.problem:
            click.echo(f"the history of this run is not whole: {journal.problem}", err=True)
    return exit_code(recap, detailed=options["detailed_exitcode"])


def open_journal(prepared: Prepared, options: Mapping[str, Any]) -> StoreJournal:
    """The journal of a run that changes something.

    Raises:
        UsageError: the store cannot be used.
    """
    directory = options["state_dir"] or default_state_dir()
    nonce = new_nonce()
    return StoreJournal(
        directory,
        {**_head(prepared, options), "nonce": nonce},
        redactor=prepared.redactor,
        sealer=Sealer(prepared.secrets, load_key(directory), nonce),
    )


def _head(prepared: Prepared, options: Mapping[str, Any]) -> dict[str, Any]:
    """Who runs what, where and when: what the history shows of a run."""
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": _user(),
        "machine": socket.gethostname(),
        "version": __version__,
        "playbooks": [str(path) for path in options["playbooks"]],
        "inventories": [str(source) for source in options["sources"]],
        "limit": prepared.options.limit,
        "tags": sorted(prepared.options.tags),
        "skip_tags": sorted(prepared.options.skip_tags),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in some containers
        return str(os.getuid())


def exit_code(recap: Recap, *, detailed: bool) -> int:
    """What the counts of a run mean for the shell."""
    counts = recap.hosts.values()
    if recap.interrupted:
        return INTERRUPTED
    if any(each.failed for each in counts):
        return FAILED
    if any(each.unreachable for each in counts):
        return UNREACHABLE
    if detailed and recap.dry_run and any(each.changed or each.unknown for each in counts):
        return CHANGES
    return 0


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/remediate` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "remediate"


def _run(prepared: Prepared, journal: Journal, observers: Sequence[Observer]) -> Run:
    return Run(
        plays=prepared.plays,
        inventory=prepared.inventory,
        options=prepared.options,
        hosts=Fleet(),
        controller=prepared.controller,
        journal=journal,
        operator=TerminalOperator(),
        observers=observers,
    )


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """The first Ctrl-C lets the effects under way come to their end; the second one stops at once."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        # os.write: a signal may come in the middle of a print, which cannot be entered twice.
        if run.interrupted:
            os.write(2, b"\nstopped at once; the journal says which changes were under way\n")
            os._exit(INTERRUPTED)
        os.write(2, b"\nstopping after what is under way; press Ctrl-C again to stop at once\n")
        run.interrupt()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _words(values: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip() for value in values for word in value.split(",") if word.strip())


def secrets_of(
    inventory: Inventory, plays: Sequence[Play], extra: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The names of all variables that say that they are secret, and their values."""
    templar = Templar()
    written = {name: value for play in plays for name, value in play.variables.items()}
    scope = Scope((Layer(extra), Layer(written)))
    yield from _secret_values(templar, extra, scope)
    yield from _secret_values(templar, written, scope)
    for task in (task for play in plays for task in each_task((*play.tasks, *play.handlers))):
        yield from _secret_values(templar, task.variables, scope)
    for host in inventory.hosts.values():
        own = Scope((Layer(extra), Layer(written), Layer(host.variables)))
        yield from _secret_values(templar, host.variables, own)


def _secret_values(templar: Templar, variables: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    for name, value in variables.items():
        if not is_secret_name(name):
            if isinstance(value, Mapping):
                yield from _secret_values(templar, value, scope)
            continue
        try:
            secret = str(templar.render(value, scope))
        except (RemediateError, UnknownUntilApplied):
            continue  # what cannot be rendered is never used either
        # A diff shows a text line by line, and a command line shows it quoted.
        yield from ((name, text) for text in (secret, *secret.splitlines(), secret.replace("'", "'\\''")))


def _passwords(connection: ConnectionOptions) -> Iterator[str]:
    for secret in (connection.password, connection.become_password):
        if isinstance(secret, Secret):
            yield secret.reveal()
