"""remediate run: carry playbooks out on the hosts of an inventory, or show what that would change."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import (
    connection_options,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
    playbooks_argument,
    verbose_option,
)


@click.command()
@playbooks_argument
@inventory_option
@limit_option
@extra_vars_option
@click.option("-C", "--check", "--dry-run", "dry_run", is_flag=True, help="Show the changes; make none.")
@click.option("-D", "--diff", is_flag=True, help="Show how the contents of files change.")
@click.option("-t", "--tags", multiple=True, metavar="TAGS", help="Only tasks with one of these tags.")
@click.option("--skip-tags", multiple=True, metavar="TAGS", help="No tasks with one of these tags.")
@forks_option
@connection_options
@click.option("--events", metavar="FILE", type=click.Path(path_type=Path), help="Write JSON lines to FILE.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 5 if a dry run found changes.")
@click.option("--list-hosts", is_flag=True, help="Only list the hosts of each play.")
@click.option("--list-tasks", is_flag=True, help="Only list the tasks of each play.")
@click.option(
    "--state-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the history is kept.  [default: $XDG_STATE_HOME/remediate]",
)
@verbose_option
def run(**options: Any) -> int:
    """Carry out playbooks; with --check only show what they would change."""
    from remediate.cli import running  # noqa: PLC0415 - loads the engine, which --help does not need

    prepared = running.prepare(options)
    if options["list_hosts"] or options["list_tasks"]:
        running.show_lists(prepared, hosts=options["list_hosts"], tasks=options["list_tasks"])
        return 0
    return running.perform(prepared, options)
