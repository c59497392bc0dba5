"""remediate recheck: look whether all is still as it should be, and what is new since the last time."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.monitored import Monitored
from remediate.cli.options import (
    connection_options,
    events_option,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
    notify_option,
    playbooks_argument,
    skip_tags_option,
    state_dir_option,
    tags_option,
    verbose_option,
)


@click.command(cls=Monitored)
@playbooks_argument
@inventory_option
@limit_option
@extra_vars_option
@tags_option
@skip_tags_option
@forks_option
@connection_options
@events_option
@click.option("--name", metavar="NAME", help="What it is compared under.  [default: the playbooks' names]")
@click.option(
    "--monitoring", is_flag=True, help="Answer as a monitoring plug-in: one line, exit code 0 to 3."
)
@notify_option
@click.option(
    "--json",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write what was found to FILE (-: stdout) as JSON.",
)
@state_dir_option
@verbose_option
def recheck(**options: Any) -> int:
    """Look at hosts with playbooks, change nothing, and tell what is new since the last time.

    Exit codes: 0 all is well; 2 something is not, or could not be told; 4 a host was unreachable, and else
    all is well; 1 bad input.
    """
    from remediate.cli import rechecking  # noqa: PLC0415 - loads the engine, which --help does not need

    return rechecking.perform(options)
