"""The times of a schedule in systemd's words (systemd.time(7))."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from remediate.schedule.calendar import Once, Repeating, When
from remediate.schedule.zones import zone_of

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_FORESEEN = timedelta(days=2 * 366)
"""How far clock changes are looked for: every habit of a zone shows in two years."""


def calendar_lines(when: When, now: datetime) -> tuple[str, ...]:
    """The values of `OnCalendar=`: together they come at each time of the schedule, if not only then.

    systemd passes over a time that the clock leaps over, and over the second one of an hour that comes
    twice. Those are named in UTC, as times of every day: who is called looks whether it is due.
    """
    if isinstance(when, Once):
        return (f"{when.moment:%Y-%m-%d %H:%M:%S} UTC",)
    passed_over = set(_passed_over(when, now))
    minutes_of = {hour: {minute for each, minute in passed_over if each == hour} for hour, _ in passed_over}
    extra = (f"*-*-* {hour:02}:{_set(minutes, 60)}:00 UTC" for hour, minutes in sorted(minutes_of.items()))
    return (*_lines(when), *extra)


def _lines(when: Repeating) -> Iterator[str]:
    cron = CronSim(when.fields, datetime.now(UTC))
    time = f"{_set(cron.hours, 24)}:{_set(cron.minutes, 60)}:00 {when.zone}"
    month, day = _set(cron.months, 12), _set(cron.days, 31)
    weekdays = ",".join(_DAYS[number] for number in sorted({_number(each) % 7 for each in cron.weekdays}))
    every_weekday = weekdays.count(",") == len(_DAYS) - 1
    if cron.day_and or every_weekday or day == "*":
        yield f"{'' if every_weekday else weekdays + ' '}*-{month}-{day} {time}"
    else:  # either of them is enough, as cron has it
        yield f"*-{month}-{day} {time}"
        yield f"{weekdays} *-{month}-* {time}"


def _set(numbers: Iterable[int], whole: int) -> str:
    listed = sorted(numbers)
    return "*" if len(listed) == whole else ",".join(f"{number:02}" for number in listed)


def _number(weekday: int | tuple[int, int]) -> int:
    return weekday if isinstance(weekday, int) else weekday[0]


def _passed_over(when: Repeating, now: datetime) -> Iterator[tuple[int, int]]:
    """Hour and minute in UTC of each time around clock changes that systemd would not see."""
    zone, day = zone_of(when.zone), timedelta(days=1)
    cron = CronSim(when.fields, now)
    noon = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(_FORESEEN.days):
        moment = noon + number * day
        if moment.astimezone(zone).utcoffset() == (moment + day).astimezone(zone).utcoffset():
            continue
        following = when.next_after(moment)
        while following is not None and following <= moment + day:
            local = following.astimezone(zone)
            if local.fold or local.hour not in cron.hours or local.minute not in cron.minutes:
                yield following.hour, following.minute
            following = when.next_after(following)
