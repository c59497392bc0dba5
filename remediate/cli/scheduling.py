"""Adding a schedule: everything about it is checked first, and all that is wrong is told at once."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from remediate.cli.recheck_words import recheck_words
from remediate.cli.rechecking import prepared_for
from remediate.cli.schedules import kept_in
from remediate.cli.telling import channels_named
from remediate.cli.unattended import refuse_open_files, refuse_what_needs_a_person
from remediate.durations import duration_of
from remediate.errors import Mistakes, RemediateError, UsageError
from remediate.schedule.calendar import When, from_cron, from_phrase, jitter, once, until
from remediate.schedule.kept import Schedules
from remediate.schedule.listing import next_words
from remediate.schedule.schedule import Schedule, TimerKind
from remediate.schedule.timers import best_kind, command_of, timer_of
from remediate.schedule.zones import local_zone

T = TypeVar("T")


def add_schedule(name: str, options: Mapping[str, Any]) -> int:
    """Check it, keep it, and have its timer call it.

    Raises:
        InputError: something is wrong; then nothing is left of it.
    """
    schedules, now = kept_in(options["state_dir"]), datetime.now(UTC)
    before, schedule = _checked(name, options, schedules, now)
    timer = timer_of(schedule.timer, schedules.state)
    schedules.keep(schedule)
    try:
        timer.write(schedule, command_of(name, schedules.state))
    except BaseException:
        schedules.keep(before) if before is not None else schedules.drop(name)
        raise
    if before is not None and before.timer != schedule.timer:
        timer_of(before.timer, schedules.state).remove(before)
    click.echo(f"{name}: {schedule.when}; next {next_words(schedule, now)}; called by {schedule.timer}")
    for warning in (*timer.warnings(), *_no_agent(name, options)):
        click.echo(f"warning: {warning}", err=True)
    return 0


def _checked(
    name: str, options: Mapping[str, Any], schedules: Schedules, now: datetime
) -> tuple[Schedule | None, Schedule]:
    """The schedule of this name that there is, and the new one.

    Raises:
        InputError: all that is wrong.
    """
    wrong: list[RemediateError] = []

    def good(make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Mistakes as error:
            wrong.extend(error.mistakes)
        except RemediateError as error:
            wrong.append(error)
        return None

    before = good(lambda: _not_taken(name, schedules, replace=options["replace"]))
    zone = options["timezone"] or good(local_zone) or "UTC"
    when = good(lambda: _when(options, zone, now))
    end = good(lambda: until(options["until"], zone, now)) if options["until"] is not None else None
    deadline = good(lambda: duration_of(options["deadline"], what="--deadline"))
    late = good(lambda: jitter(options["jitter"], when, now)) if options["jitter"] and when else None
    timer = good(lambda: _kind(options))
    good(lambda: refuse_what_needs_a_person(options))
    prepared = good(lambda: prepared_for({**options, **_NOBODY}))
    if prepared is not None:
        good(lambda: refuse_open_files(options, prepared.inventory))
    good(lambda: channels_named(options["notify"]))
    if wrong:
        raise Mistakes(wrong) if len(wrong) > 1 else wrong[0]
    assert when is not None and deadline is not None and timer is not None  # noqa: S101, PT018 - for mypy
    schedule = Schedule(
        name=name,
        when=when,
        recheck=tuple(recheck_words({**options, "name": name, "state_dir": schedules.state})),
        directory=str(Path.cwd()),
        added=now,
        timer=timer,
        deadline=deadline,
        jitter=late or timedelta(),
        until=end,
    )
    if schedule.next_after(now) is None:
        raise UsageError("--until: it would never run before that", cure="name a later date")
    return before, schedule


_NOBODY: Mapping[str, Any] = {
    "verbose": 0,
    "ask_pass": False,
    "ask_become_pass": False,
}
"""The options of a re-check that shows nothing, and asks nobody."""


def _no_agent(name: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    if "SSH_AUTH_SOCK" not in os.environ or options["private_key"] is not None:
        return ()
    return (
        f"the timer will have no SSH agent, as there is one here: 'remediate schedule run {name}' tries it "
        "without; if that cannot log in, name a key: --private-key",
    )


def _not_taken(name: str, schedules: Schedules, *, replace: bool) -> Schedule | None:
    before = schedules.find(name)
    if before is not None and not replace:
        raise UsageError(
            f"there is a schedule '{name}' already", cure="take another name, or write over it: --replace"
        )
    return before


def _when(options: Mapping[str, Any], zone: str, now: datetime) -> When:
    makers: Mapping[str, Callable[[str], When]] = {
        "phrase": lambda text: from_phrase(text, zone),
        "fields": lambda text: from_cron(text, zone),
        "once": lambda text: once(text, zone, now),
    }
    given = [name for name in makers if options[name] is not None]
    if len(given) != 1:
        raise UsageError("say when it is to run", cure="one of --on 'daily 06:00', --cron and --once +24h")
    return makers[given[0]](options[given[0]])


def _kind(options: Mapping[str, Any]) -> TimerKind:
    kind: TimerKind = options["timer"] or best_kind()
    if options["system"]:
        if kind == "cron":
            raise UsageError("--system is for units of systemd", cure="leave it out, or take --with systemd")
        return "systemd-system"
    return kind
