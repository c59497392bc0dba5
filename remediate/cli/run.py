"""remediate run: carry playbooks out on the hosts of an inventory, or show what that would change."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import (
    connection_options,
    diff_option,
    events_option,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
    playbooks_argument,
    skip_tags_option,
    state_dir_option,
    tags_option,
    verbose_option,
)


@click.command()
@playbooks_argument
@inventory_option
@limit_option
@extra_vars_option
@click.option("-C", "--check", "--dry-run", "dry_run", is_flag=True, help="Show the changes; make none.")
@diff_option
@tags_option
@skip_tags_option
@forks_option
@connection_options
@events_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 5 if a dry run found changes.")
@click.option("--list-hosts", is_flag=True, help="Only list the hosts of each play.")
@click.option("--list-tasks", is_flag=True, help="Only list the tasks of each play.")
@state_dir_option
@verbose_option
def run(**options: Any) -> int:
    """Carry out playbooks; with --check only show what they would change."""
    from remediate.cli import running  # noqa: PLC0415 - loads the engine, which --help does not need
    from remediate.cli.demands import refuse_unapproved  # noqa: PLC0415
    from remediate.cli.preparing import prepare  # noqa: PLC0415

    prepared = prepare(options)
    if options["list_hosts"] or options["list_tasks"]:
        running.show_lists(prepared, hosts=options["list_hosts"], tasks=options["list_tasks"])
        return 0
    if not options["dry_run"]:
        refuse_unapproved(prepared.plays, Path.cwd())
    return running.perform(prepared, options)
