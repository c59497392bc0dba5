"""remediate resume: go on with a run that was cut off."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import kept_run_options


@click.command()
@click.argument("run", type=click.IntRange(min=1), required=False)
@click.option(
    "--plan", metavar="FILE", type=click.Path(path_type=Path), help="The run's plan, where it has been moved."
)
@kept_run_options
def resume(run: int | None, **options: Any) -> int:
    """Go on with RUN (the last one that can be gone on with), each host where it stopped.

    A run can be gone on with if it was cut off or interrupted, or could not reach some hosts, or if hosts
    were not as its plan saw them. Nothing that was done is done again; a host that is through, or has failed,
    is not contacted. Where the run of a plan had done nothing yet, the host is compared with it first: if it
    has changed since, the exit code is 3.
    """
    from remediate.cli.resuming import resume_run  # noqa: PLC0415 - loads the engine

    return resume_run(run, options)
