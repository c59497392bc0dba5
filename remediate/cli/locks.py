"""remediate locks: which hosts are locked, and by whom; and to break a lock."""

from typing import Any

import click

from remediate.cli.options import fleet_options, state_dir_option


@click.command()
@click.option("--break", "broken", metavar="HOST", help="Break the lock of HOST, whoever holds it.")
@click.option("--yes", is_flag=True, help="Break it without asking.")
@fleet_options
@state_dir_option
def locks(broken: str | None, yes: bool, **options: Any) -> int:
    """Say which hosts are locked, by whom, and until when. A run locks the hosts that it may change.

    A lock that was left behind keeps nobody away, the next run takes it over: one whose time is up, or whose
    process was on this machine and is no more; but not while a command of its run is at work on the host. Any
    lock can be broken. What is at work there then goes on beside the next run.
    """
    from remediate.cli.locking import break_lock_of, tell_locks  # noqa: PLC0415 - loads the engine

    return tell_locks(options) if broken is None else break_lock_of(broken, options, yes=yes)
