"""Looking again: a dry run that is kept, and compared with the last one of its name."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from remediate.cli import running
from remediate.cli.exit_codes import FAILED, UNREACHABLE
from remediate.cli.options import default_state_dir
from remediate.cli.outputs import STDOUT, put, refuse_unwritable
from remediate.cli.preparing import Prepared, prepare
from remediate.cli.telling import channels_named, deliveries_for, tell
from remediate.engine.events import Event, Recap, TaskEnded, Warned
from remediate.engine.options import selections_of
from remediate.engine.run import Observer
from remediate.errors import UsageError
from remediate.recheck.gathering import Gatherer
from remediate.recheck.outcome import Outcome, absent_from
from remediate.reports.cleaning import indented, printable
from remediate.reports.events_file import EventsFile, recap_object, task_object
from remediate.reports.monitoring import EXIT_CODES, status_line
from remediate.reports.progress import Progress
from remediate.reports.recheck_json import recheck_object
from remediate.reports.recheck_text import recheck_lines
from remediate.reports.terminal import Terminal
from remediate.sealing import Sealer, new_nonce
from remediate.store.database import cure_of, store_key
from remediate.store.deliveries import Delivery
from remediate.store.findings import Finding, Recheck, open_findings
from remediate.store.journal import ENDED, TASK, NoJournal
from remediate.store.run_journal import StoreJournal


def perform(options: Mapping[str, Any]) -> int:
    """Look again, and show what was found; the exit code.

    Raises:
        InputError: see `look_again`.
    """
    _refuse_outputs(options)
    channels = channels_named(options["notify"])
    directory = options["state_dir"] or default_state_dir()
    outcome = look_again(options, lambda recheck: deliveries_for(recheck, directory, channels))
    if outcome is None:
        raise KeyboardInterrupt
    try:
        return _show(outcome, options)
    finally:  # also if nobody reads what is shown
        tell(directory, channels)


def _show(outcome: Outcome, options: Mapping[str, Any]) -> int:
    if options["json"] is not None:
        put("json", options["json"], json.dumps(recheck_object(outcome), indent=2) + "\n")
    if options["monitoring"]:
        click.echo(status_line(outcome))
        return EXIT_CODES[outcome.severity]
    if not _is_for_programs(options):
        console = Console(highlight=False, soft_wrap=True, emoji=False)
        for line in recheck_lines(outcome):
            console.print(line)
    return exit_code(outcome)


def look_again(
    options: Mapping[str, Any], told: Callable[[Recheck], Iterable[Delivery]] = lambda _: ()
) -> Outcome | None:
    """Look at the hosts, and keep what was found; None if it was interrupted, and so nothing is kept.

    `options` are those of `remediate recheck`; `told` gives what is to be sent of what was found, and is kept
    with it. Nothing is changed, locked or left on any host.

    Raises:
        InputError: the input is wrong, and nothing was contacted; or what was found cannot be kept.
        TaskFailed: the store cannot be written, and nothing was contacted.
    """
    prepared = prepared_for(options)
    directory = options["state_dir"] or default_state_dir()
    name = _name(options)
    head = {**running.head_of(prepared, options), "recheck": name, "left_out": _left_out(prepared)}
    gatherer = Gatherer(lambda text: printable(prepared.redactor.redact(text)))
    observers: list[Observer] = [gatherer]
    if options["events"] is not None:
        observers.append(EventsFile(options["events"], prepared.redactor))
    journal = _journal(prepared, directory, head)
    with closing(journal):
        recap = _perform(prepared, options, [*observers, _recording(journal.tell)])
    if recap.interrupted:
        return None
    if journal.problem:
        raise UsageError(f"what was found cannot be kept: {journal.problem}", cure=cure_of(journal.problem))
    return _kept(gatherer, prepared, directory, told, run=journal.run, name=name, time=head["began"])


def default_name(playbooks: Sequence[Path]) -> str:
    """The name of a re-check that was given none."""
    return "+".join(path.stem for path in playbooks)


def _name(options: Mapping[str, Any]) -> str:
    """What the re-check is compared under.

    Raises:
        UsageError: it cannot be shown in a line.
    """
    if options["name"] is None:
        return default_name(options["playbooks"])
    name: str = options["name"]
    if not name.strip() or not name.isprintable():
        raise UsageError("--name: it must be a line of letters", cure="such as 'nightly'")
    return name


def exit_code(outcome: Outcome) -> int:
    """What a re-check means for the shell; that nothing was found at all is nothing good."""
    if not outcome.recheck.findings:
        return FAILED
    verdicts = {each.verdict for each in outcome.recheck.findings if each.severity != "ok"}
    if verdicts & {"drifted", "failed"}:
        return FAILED
    return UNREACHABLE if verdicts else 0


def prepared_for(options: Mapping[str, Any]) -> Prepared:
    """What is to be looked at: always as a dry run.

    Raises:
        InputError: the input is wrong.
    """
    prepared = prepare({**options, "dry_run": True, "diff": False})
    return replace(prepared, options=replace(prepared.options, every_check=True))


def _left_out(prepared: Prepared) -> list[str]:
    """The hosts of the inventory that are not looked at: what a report cannot know of those that are gone."""
    chosen = {
        name
        for _, names in selections_of(prepared.plays, prepared.inventory, prepared.options)
        for name in names
    }
    return [name for name in prepared.inventory.hosts if name not in chosen]


def _journal(prepared: Prepared, directory: Path, head: Mapping[str, Any]) -> StoreJournal:
    """Where the run is recorded; nobody goes on with it, so what it was made of is not kept."""
    sealer = Sealer(prepared.secrets, store_key(directory), new_nonce())
    return StoreJournal(directory, head, redactor=prepared.redactor, sealer=sealer)


def _perform(prepared: Prepared, options: Mapping[str, Any], observers: Sequence[Observer]) -> Recap:
    """The dry run; with -v all of it is shown, on stderr if stdout is for programs."""
    if not options["verbose"]:
        with closing(Progress()) as progress:
            return running.perform_run(prepared, NoJournal(), [*observers, progress, _warn])
    terminal = Terminal(
        prepared.redactor,
        verbosity=options["verbose"] - 1,
        out=sys.stderr if _is_for_programs(options) else sys.stdout,
    )
    try:
        return running.perform_run(prepared, NoJournal(), [*observers, terminal])
    finally:
        terminal.close()


def _kept(
    gatherer: Gatherer,
    prepared: Prepared,
    directory: Path,
    told: Callable[[Recheck], Iterable[Delivery]],
    *,
    run: int,
    name: str,
    time: str,
) -> Outcome:
    """What was found, compared with what stands, and written down."""
    standing: list[Finding] = []

    def found(before: Sequence[Finding]) -> Sequence[Finding]:
        standing.extend(before)
        return gatherer.found(before)

    with open_findings(directory) as kept:
        recheck = kept.keep_compared(run=run, name=name, time=time, found=found, told=told)
    absent = absent_from(recheck.findings, standing, prepared.inventory.hosts)
    return Outcome(recheck=recheck, absent=absent)


def _warn(event: Event) -> None:
    if isinstance(event, Warned):
        click.echo(indented(f"warning: {event.message}"), err=True)


def _recording(tell: Callable[..., None]) -> Observer:
    """Keeps what the store is to remember of a re-check besides its findings: not what is well."""

    def record(event: Event) -> None:
        if isinstance(event, TaskEnded) and event.status not in ("ok", "skipped"):
            tell(TASK, event.host, task_object(event))
        elif isinstance(event, Recap):
            tell(ENDED, "", recap_object(event))

    return record


def _is_for_programs(options: Mapping[str, Any]) -> bool:
    """Whether stdout is read by a program."""
    return bool(options["monitoring"]) or options["json"] == STDOUT


def _refuse_outputs(options: Mapping[str, Any]) -> None:
    """See that what was found can be written, before there is anything to write.

    Raises:
        UsageError: it cannot.
    """
    if options["json"] == STDOUT and options["monitoring"]:
        raise UsageError("--monitoring and --json - would both write to stdout", cure="name a file")
    inputs = [*options["playbooks"], *(Path(source) for source in options["sources"])]
    refuse_unwritable(options, "events", "json", inputs=inputs)
