"""What is done with schedules that are there. It is called every hour: nothing here loads the engine."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from remediate.cli.options import default_state_dir
from remediate.errors import Mistakes, UsageError
from remediate.reports.deliveries import delivery_lines
from remediate.schedule.kept import Schedules
from remediate.schedule.listing import schedule_lines, schedule_object, schedule_objects, schedules_lines
from remediate.schedule.running import run_schedule
from remediate.schedule.schedule import Schedule
from remediate.schedule.timers import program, timer_of
from remediate.store.database import FILE
from remediate.store.deliveries import Deliveries, Delivery, open_deliveries


def kept_in(state_dir: Path | None) -> Schedules:
    """The schedules of a state directory; None: the usual one."""
    if state_dir is None:
        state_dir = default_state_dir()
    return Schedules(state_dir)


def list_schedules(state_dir: Path | None, *, as_json: bool) -> int:
    """Show all of them."""
    schedules, now = kept_in(state_dir), datetime.now(UTC)
    kept, wrong = schedules.all()
    found = [schedules.seen(each) for each in kept]
    if as_json:
        click.echo(json.dumps(schedule_objects(found, now), indent=2))
    else:
        told = _untold(schedules.state, lambda deliveries: deliveries.due())
        click.echo("\n".join([*schedules_lines(found, now), *told]))
    if wrong:
        raise Mistakes(wrong)
    return 0


def show_schedule(name: str, state_dir: Path | None, *, as_json: bool) -> int:
    """Show one, and what calls it."""
    schedules, now = kept_in(state_dir), datetime.now(UTC)
    found = schedules.seen(schedules.get(name))
    written = timer_of(found.timer, schedules.state).shown(found)
    if as_json:
        click.echo(json.dumps({**schedule_object(found, now), "written": written}, indent=2))
    else:
        click.echo("\n".join(schedule_lines(found, written, schedules.log(name), now)))
    return 0


def run_now(name: str, state_dir: Path | None, *, only_due: bool) -> int:
    """Do its re-check, and say what there is to say."""
    schedules = kept_in(state_dir)
    now = datetime.now(UTC)
    try:
        ran = run_schedule(
            schedules, name, program(), only_due=only_due, remove=lambda each: take_away(schedules, each)
        )
        for line in ran.said:
            click.echo(line)
    finally:
        if only_due:  # else whoever has asked for it sees it
            _tell_of_blindness(schedules, name, now)
    if only_due:  # else the re-check has said so on the terminal
        began = now.isoformat(timespec="milliseconds")
        for line in _untold(schedules.state, lambda deliveries: deliveries.untold(began)):
            click.echo(line)
    return ran.code


def _tell_of_blindness(schedules: Schedules, name: str, since: datetime) -> None:
    found = schedules.find(name)
    if found is None or found.last is None or found.last.began < since or found.last.may_have_looked:
        return
    from remediate.cli.blindness import tell_of_blindness  # noqa: PLC0415 - most calls tell nobody

    for problem in tell_of_blindness(schedules, found, found.last):
        click.echo(problem)


def _untold(state: Path, chosen: Callable[[Deliveries], Sequence[Delivery]]) -> list[str]:
    """Which of these messages were not sent, in lines: also of schedules that are there no more."""
    if not (state / FILE).exists():
        return []
    try:
        with open_deliveries(state) as deliveries:
            untold = chosen(deliveries)
    except UsageError as error:
        return [f"whether all was told is not known: {error}"]
    cure = ["'remediate notify retry' sends what is to be told"] if untold else []
    return [*delivery_lines(untold), *cure]


def remove_schedule(name: str, state_dir: Path | None) -> int:
    """Take it away."""
    schedules = kept_in(state_dir)
    take_away(schedules, schedules.get(name))
    click.echo(f"{name}: removed")
    return 0


def take_away(schedules: Schedules, schedule: Schedule) -> None:
    """Its timer first: what is left if that fails can be removed again."""
    timer_of(schedule.timer, schedules.state).remove(schedule)
    schedules.drop(schedule.name)
