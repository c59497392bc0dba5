"""remediate history: which runs there were, what each did, and whether the record is whole."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import state_dir_option

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(invoke_without_command=True)
@state_dir_option
@json_option
@click.pass_context
def history(context: click.Context, state_dir: Path | None, as_json: bool) -> int:
    """The runs there were: who ran what, when, and how it ended."""
    from remediate.cli.running import default_state_dir  # noqa: PLC0415

    context.obj = state_dir or default_state_dir()
    if context.invoked_subcommand is None:
        from remediate.reports.past import run_objects, runs_lines  # noqa: PLC0415
        from remediate.store.history import open_history  # noqa: PLC0415

        with open_history(context.obj) as kept:
            runs = kept.runs()
        _show(run_objects(runs), runs_lines(runs), as_json=as_json)
    return 0


@history.command()
@click.argument("run", type=click.IntRange(min=1))
@click.argument("host", required=False)
@json_option
@click.pass_obj
def show(directory: Path, run: int, host: str | None, as_json: bool) -> int:
    """What one run did: its changes with their diffs, what commands printed, what failed, and who was told.

    For one HOST it is every task. Long outputs are cut; --json has the whole of them.
    """
    from remediate.errors import UsageError  # noqa: PLC0415
    from remediate.reports.deliveries import delivery_lines  # noqa: PLC0415
    from remediate.reports.past import record_objects, run_lines  # noqa: PLC0415
    from remediate.store.deliveries import open_deliveries  # noqa: PLC0415
    from remediate.store.history import open_history  # noqa: PLC0415

    with open_history(directory) as kept:
        found, records = kept.run(run), kept.records(run, host)
    if host is not None and not records:
        raise UsageError(f"run {run} has nothing of a host '{host}'", cure=f"see 'history show {run}'")
    lines = run_lines(found, records, every_task=host is not None)
    if host is None:
        with open_deliveries(directory) as deliveries:
            lines += delivery_lines(deliveries.kept(run))
    _show(record_objects(found, records), lines, as_json=as_json)
    return 0


@history.command()
@click.pass_obj
def verify(directory: Path) -> int:
    """Prove that no record was altered and none is missing. Exit code 2 if it is not so.

    Each record carries the sum of all before it, and where each run ends is sealed with the state directory's
    key. An older copy of the whole store, put in its place, is whole as well: compare the last run.
    """
    from remediate.cli.running import FAILED  # noqa: PLC0415
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


def _show(objects: Any, lines: list[str], *, as_json: bool) -> None:
    if as_json:
        import json  # noqa: PLC0415

        click.echo(json.dumps(objects, indent=2))
    else:
        for line in lines:
            click.echo(line)
