"""remediate doctor: what runs that were cut off have left on hosts."""

from contextlib import nullcontext
from typing import Any

import click

from remediate.cli.options import fleet_options, state_dir_option


@click.command()
@click.option("--clean", is_flag=True, help="Remove what nobody needs any more.")
@fleet_options
@state_dir_option
def doctor(clean: bool, **options: Any) -> int:
    """Look for what runs that were cut off have left on the hosts: locks, and the results of commands.

    The results are looked for in the spool of one user, the one who carries out tasks without become; -b and
    --become-user look in another one's. Nothing is removed without --clean, and never what still runs, or
    belongs to a run that 'remediate resume' can go on with. Of runs that the history here does not know, only
    what has not changed for 14 days is removed.
    """
    from remediate.cli.doctoring import examine  # noqa: PLC0415 - loads the engine
    from remediate.reports.steady import steady_outputs  # noqa: PLC0415

    with steady_outputs("the hosts are cleaned all the same") if clean else nullcontext():
        return examine(options, clean=clean)
