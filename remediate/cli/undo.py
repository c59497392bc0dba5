"""remediate undo: take back what a run has done."""

from typing import Any

import click

from remediate.cli.options import kept_run_options, limit_option


@click.command()
@click.argument("run", type=click.IntRange(min=1))
@limit_option
@click.option("-C", "--check", "--dry-run", "dry_run", is_flag=True, help="Show what would be taken back.")
@kept_run_options
def undo(run: int, **options: Any) -> int:
    """Take back the changes of RUN, the last one first, on hosts that are as it left them.

    What cannot be taken back is listed first. Where something else has changed the host since, that change
    and those before it on this host stay, and the difference is shown. This is itself a run.
    """
    from remediate.cli.undoing import undo_run  # noqa: PLC0415 - loads the engine

    return undo_run(run, options)
