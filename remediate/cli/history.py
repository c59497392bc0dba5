"""remediate history: which runs there were, what each did, and whether the record is whole."""

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from remediate.cli.exit_codes import FAILED
from remediate.cli.options import default_state_dir, state_dir_option

F = TypeVar("F", bound=Callable[..., int])

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(invoke_without_command=True)
@state_dir_option
@json_option
@click.pass_context
def history(context: click.Context, state_dir: Path | None, as_json: bool) -> int:
    """The runs there were: who ran what, when, and how it ended; which are under way, which unfinished."""

    context.obj = state_dir or default_state_dir()
    if context.invoked_subcommand is None:
        from remediate.reports.past import run_objects, runs_lines, size_in_words  # noqa: PLC0415
        from remediate.review.resuming import can_go_on, unfinished_hosts  # noqa: PLC0415
        from remediate.store.alive import under_way  # noqa: PLC0415
        from remediate.store.history import open_history  # noqa: PLC0415
        from remediate.store.pruning import store_size  # noqa: PLC0415

        with open_history(context.obj) as kept:
            runs = kept.runs()
            at_work = under_way(context.obj, [run.number for run in runs if run.ended is None])
            unfinished = {
                run.number: unfinished_hosts(run, () if run.ended else kept.records(run.number))
                for run in runs
                if can_go_on(run)
            }
        size = f"{size_in_words(store_size(context.obj))} in {context.obj}"
        told = (runs, at_work, unfinished)
        _show(run_objects(*told), [*runs_lines(*told), size], as_json=as_json)
    return 0


def _in_a_store(command: F) -> F:
    """Give a command the directory of the store: `--state-dir` may stand before its name or behind it."""

    def placed(before: Path, /, *, state_dir: Path | None, **options: Any) -> int:
        return command(state_dir or before, **options)

    update_wrapper(placed, command)
    return cast(F, state_dir_option(click.pass_obj(placed)))


@history.command()
@click.argument("run", type=click.IntRange(min=1))
@click.argument("host", required=False)
@json_option
@_in_a_store
def show(directory: Path, run: int, host: str | None, as_json: bool) -> int:
    """What one run did: its changes with their diffs, what commands printed, what failed, and who was told.

    For one HOST it is every task. Of a re-check it is what was found, for one HOST of every check. Long
    outputs are cut; --json has the whole of them.
    """
    from remediate.errors import UsageError  # noqa: PLC0415
    from remediate.reports.deliveries import delivery_lines  # noqa: PLC0415
    from remediate.reports.past import record_objects, run_lines  # noqa: PLC0415
    from remediate.reports.recheck_text import found_lines  # noqa: PLC0415
    from remediate.store.alive import under_way  # noqa: PLC0415
    from remediate.store.deliveries import open_deliveries  # noqa: PLC0415
    from remediate.store.findings import open_findings  # noqa: PLC0415
    from remediate.store.history import open_history  # noqa: PLC0415

    with open_history(directory) as kept:
        found, records = kept.run(run), kept.records(run, host)
    with open_findings(directory) as kept_findings:
        findings = [each for each in kept_findings.found(run) if host in (None, each.host)]
    if host is not None and not records and not findings:
        raise UsageError(f"run {run} has nothing of a host '{host}'", cure=f"see 'history show {run}'")
    told = () if findings and host is None else records  # what was found says it all, and folded
    lines = run_lines(found, told, under_way(directory, [run]), every_task=host is not None)
    lines += found_lines(findings, every_check=host is not None)
    if host is None:
        with open_deliveries(directory) as deliveries:
            lines += delivery_lines(deliveries.kept(run))
    _show(record_objects(found, records), lines, as_json=as_json)
    return 0


@history.command()
@_in_a_store
def verify(directory: Path) -> int:
    """Prove that no record was altered and none is missing. Exit code 2 if it is not so.

    Each record carries the sum of all before it, and where each run ends is sealed with the state directory's
    key. An older copy of the whole store, put in its place, is whole as well: compare the last run.
    """

    from remediate.store.history import open_history  # noqa: PLC0415

    with open_history(directory) as kept:
        wrong, runs = kept.altered(), kept.runs()
    if wrong:
        click.echo(f"ALTERED: {wrong}")
        return FAILED
    told = "1 run is as it was written" if len(runs) == 1 else f"{len(runs)} runs are as they were written"
    last = f"; the last one is run {runs[-1].number} of {runs[-1].head.get('began', '?')}" if runs else ""
    click.echo(f"whole: {told}{last}")
    return 0


@history.command()
@click.option("--keep", required=True, metavar="AGE", help="Keep what is younger: such as 90d, 12w or 36h.")
@click.option("-C", "--check", is_flag=True, help="Only say what would go.")
@click.option(
    "--unfinished",
    multiple=True,
    metavar="RUN",
    type=click.IntRange(min=1),
    help="Prune this run as well, though it could be gone on with. May be repeated.",
)
@_in_a_store
def prune(directory: Path, keep: str, check: bool, unfinished: tuple[int, ...]) -> int:
    """Take old runs out of the history, with what would take their changes back.

    A run that could be gone on with stays, and one that takes back another that stays. Who has pruned which
    runs is a run of its own, so that 'history verify' can tell it from tampering.
    """
    from remediate.cli.pruning import prune_history  # noqa: PLC0415

    return prune_history(directory, keep, unfinished, check=check)


@history.command()
@click.argument("file", type=click.Path(path_type=Path))
@_in_a_store
def backup(directory: Path, file: Path) -> int:
    """Copy the history into a new FILE, as it is at one moment; runs may be writing meanwhile.

    To use it, put it into a state directory as remediate.db, with the plan.key that it was written with.
    """
    from remediate.plan_key import KEY_FILE  # noqa: PLC0415
    from remediate.store.backup import back_up  # noqa: PLC0415

    back_up(directory, file)
    click.echo(f"the history is copied to {file}; keep {directory / KEY_FILE} as well, and apart from it")
    return 0


def _show(objects: Any, lines: list[str], *, as_json: bool) -> None:
    if as_json:
        import json  # noqa: PLC0415

        click.echo(json.dumps(objects, indent=2))
    else:
        for line in lines:
            click.echo(line)
