"""Schedules for people and for programs: what runs when, and how it went the last time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from remediate.durations import in_words
from remediate.schedule.calendar import Repeating
from remediate.schedule.schedule import Schedule, to_json
from remediate.schedule.zones import zone_of

_LATE = timedelta(hours=1)
"""How much later than its time a timer may call: cron's line does it every hour."""
_HEADINGS = ("NAME", "WHAT", "WHEN", "NEXT", "LAST", "OUTCOME")
_NOTHING = "-"


def schedule_objects(schedules: Iterable[Schedule], now: datetime) -> list[dict[str, Any]]:
    """What is kept of each, when it is next, and whether that is overdue."""
    return [schedule_object(each, now) for each in schedules]


def schedule_object(schedule: Schedule, now: datetime) -> dict[str, Any]:
    """What is kept of it, when it is next, and whether that is overdue."""
    following = schedule.next_from(now)
    return {
        **to_json(schedule),
        "next": None if following is None else following.isoformat(timespec="seconds"),
        "overdue": is_overdue(schedule, now),
    }


def is_overdue(schedule: Schedule, now: datetime) -> bool:
    """Whether its time has come, and its timer should have called it by now."""
    following = schedule.next_from(now)
    return following is not None and following + schedule.jitter + _LATE < now


def schedules_lines(schedules: Sequence[Schedule], now: datetime) -> list[str]:
    """A table, one line a schedule."""
    if not schedules:
        return ["no schedules"]
    rows = [_HEADINGS, *(_row(each, now) for each in schedules)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _row(schedule: Schedule, now: datetime) -> tuple[str, ...]:
    last = schedule.last
    return (
        schedule.name,
        "+".join(Path(word).stem for word in playbooks_of(schedule)),
        str(schedule.when),
        next_words(schedule, now),
        _NOTHING if last is None else shown(last.began, schedule),
        _NOTHING if last is None else last.outcome,
    )


def schedule_lines(schedule: Schedule, written: str, log: Path, now: datetime) -> list[str]:
    """Everything about one: what a person would type, how it is called, and how it went the last time."""
    last = schedule.last
    facts = {
        "what": " ".join(("remediate", *schedule.recheck)),
        "in": schedule.directory,
        "when": str(schedule.when),
        "until": _NOTHING if schedule.until is None else shown(schedule.until, schedule),
        "deadline": in_words(schedule.deadline),
        "jitter": in_words(schedule.jitter) if schedule.jitter else _NOTHING,
        "next": next_words(schedule, now),
        "last": _NOTHING if last is None else f"{shown(last.began, schedule)}: {last.outcome}",
        "output": str(log) if log.exists() else _NOTHING,
        "timer": schedule.timer,
    }
    lines = [schedule.name, *(f"  {name:<9} {value}" for name, value in facts.items()), ""]
    return [*lines, *(written or "its timer is GONE: add it again with --replace, or remove it").splitlines()]


def playbooks_of(schedule: Schedule) -> list[str]:
    """The words of the re-check between its name and its first option."""
    words = list(schedule.recheck[1:])
    first = next((number for number, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:first]


def next_words(schedule: Schedule, now: datetime) -> str:
    """When it runs next, as people write it."""
    following = schedule.next_from(now)
    if following is None:
        return "never again"
    late = " OVERDUE" if is_overdue(schedule, now) else ""
    return f"{shown(following, schedule)}{late}"


def shown(moment: datetime, schedule: Schedule) -> str:
    """A moment as clocks show it in the zone of a schedule, or in UTC."""
    zone = zone_of(schedule.when.zone) if isinstance(schedule.when, Repeating) else UTC
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
