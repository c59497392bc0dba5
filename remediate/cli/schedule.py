"""remediate schedule: re-checks that the system's own timers begin."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import (
    connection_options,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
    notify_option,
    skip_tags_option,
    state_dir_option,
    tags_option,
)

_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_name_argument = click.argument("name")


@click.group()
def schedule() -> None:
    """Have re-checks done at their times by systemd or cron; nothing of remediate stays running."""


@schedule.command()
@_name_argument
@click.option(
    "--playbook",
    "playbooks",
    multiple=True,
    required=True,
    metavar="PLAYBOOK",
    type=click.Path(path_type=Path),
    help="What looks. May be repeated.",
)
@inventory_option
@click.option("--on", "phrase", metavar="PHRASE", help="'hourly', 'daily 06:00', 'weekly mon 06:00', ...")
@click.option("--cron", "fields", metavar="FIELDS", help="Minute, hour, day, month, weekday.")
@click.option("--once", metavar="WHEN", help="Once only: +24h, +7d, or 2026-12-01T06:00.")
@click.option("--timezone", metavar="ZONE", help="Whose clock these times are of.  [default: this machine's]")
@click.option("--until", metavar="DATE", help="Its last day, or last moment; then it removes itself.")
@click.option(
    "--deadline", metavar="TIME", default="1h", show_default=True, help="What runs longer is ended."
)
@click.option("--jitter", metavar="TIME", help="Begin up to this much later, each time another time.")
@click.option("--with", "timer", type=click.Choice(["systemd", "cron"]), help="What calls it.")
@click.option("--system", is_flag=True, help="Units of the whole system, not of the user (as root).")
@click.option("--replace", is_flag=True, help="In place of a schedule of this name.")
@limit_option
@extra_vars_option
@tags_option
@skip_tags_option
@forks_option
@connection_options
@notify_option
@state_dir_option
def add(name: str, **options: Any) -> int:
    """Have 'remediate recheck' done with these playbooks at these times.

    All that is given is checked now; it is read again at each run. Nobody is there to type a password then:
    see 'Secrets' in docs/schedule.md. Without --with, systemd calls it where systemd runs, else cron.
    """
    from remediate.cli.scheduling import add_schedule  # noqa: PLC0415 - loads the engine

    return add_schedule(name, options)


@schedule.command("list")
@_json_option
@state_dir_option
def list_(as_json: bool, state_dir: Path | None) -> int:
    """All schedules: what runs when, the next and the last time, and what came of that."""
    from remediate.cli.schedules import list_schedules  # noqa: PLC0415

    return list_schedules(state_dir, as_json=as_json)


@schedule.command()
@_name_argument
@_json_option
@state_dir_option
def show(name: str, as_json: bool, state_dir: Path | None) -> int:
    """One schedule, with the units or the lines of the crontab that call it."""
    from remediate.cli.schedules import show_schedule  # noqa: PLC0415

    return show_schedule(name, state_dir, as_json=as_json)


@schedule.command()
@_name_argument
@click.option("--due", is_flag=True, help="Only if its time has come since it last ran; timers say so.")
@state_dir_option
def run(name: str, due: bool, state_dir: Path | None) -> int:
    """Do a re-check now. The exit code is that of 'remediate recheck', or 124 after the deadline.

    With --due its output goes to a file (see 'schedule show'), and only what kept it from looking is told.
    """
    from remediate.cli.schedules import run_now  # noqa: PLC0415

    return run_now(name, state_dir, only_due=due)


@schedule.command()
@_name_argument
@state_dir_option
def remove(name: str, state_dir: Path | None) -> int:
    """Take a schedule away with its timer. A re-check that is under way goes on to its end."""
    from remediate.cli.schedules import remove_schedule  # noqa: PLC0415

    return remove_schedule(name, state_dir)
