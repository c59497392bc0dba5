"""When a schedule runs: every so often by the calendar of a time zone, or once.

What repeats is kept as the five fields of a crontab, whatever the phrase was. Times that the clock leaps over
run when it has leapt, and times that it comes to twice run at the first, as Debian's cron has it.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cronsim import CronSim, CronSimError

from remediate.durations import duration_of, in_words
from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.schedule.zones import zone_of

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_PHRASES = "'hourly', 'daily 06:00', 'weekdays 06:00', 'weekly mon 06:00', 'monthly 1 06:00'"
_EVERY_MONTH_HAS = 28
_FORESEEN_TIMES = 64
"""How many times to come are looked at for the shortest way between two of them."""


@dataclass(frozen=True, kw_only=True)
class Repeating:
    """Again and again: five fields as in a crontab, the time zone that they mean, and how it was said."""

    fields: str
    zone: str
    said: str

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment`, in UTC; None if there is none."""
        runs = CronSim(self.fields, moment.astimezone(zone_of(self.zone)))
        while True:
            try:
                following = next(runs).astimezone(UTC)
            except (StopIteration, OverflowError):
                return None
            if following > moment:  # in an hour that comes twice the first one may be over
                return following

    def __str__(self) -> str:
        return f"{self.said}, {self.zone}"


@dataclass(frozen=True, kw_only=True)
class Once:
    """At one moment, in UTC."""

    moment: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """The moment, if it is later."""
        return self.moment if self.moment > moment else None

    def __str__(self) -> str:
        return f"once, {self.moment:%Y-%m-%d %H:%M} UTC"


When = Repeating | Once


def from_phrase(phrase: str, zone: str) -> Repeating:
    """What `--on` says.

    Raises:
        UsageError: it is no such phrase, or no such zone.
    """
    words = phrase.lower().split()
    fields = _fields(words)
    if fields is None:
        raise UsageError(
            f"--on: '{phrase}' is not understood", cure=f"write one of {_PHRASES}, or use --cron"
        )
    return _checked(Repeating(fields=fields, zone=zone, said=" ".join(words)), "--on")


def _fields(words: list[str]) -> str | None:
    if words == ["hourly"]:
        return "0 * * * *"
    time = _time(words[-1]) if words else None
    if time is None:
        return None
    match words[:-1]:
        case ["daily"]:
            return f"{time} * * *"
        case ["weekdays"]:
            return f"{time} * * 1-5"
        case ["weekly", day] if len(day) >= 3:
            number = next((number for number, name in enumerate(_DAYS) if name.startswith(day)), None)
            return None if number is None else f"{time} * * {number}"
        case ["monthly", day] if day.isdecimal():
            if not 1 <= int(day) <= _EVERY_MONTH_HAS:
                raise UsageError(
                    f"--on: not every month has a day {day}",
                    cure=f"take one from 1 to {_EVERY_MONTH_HAS}, or use --cron",
                )
            return f"{time} {int(day)} * *"
    return None


def _time(word: str) -> str | None:
    """Minute and hour in a crontab's order."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", word, re.ASCII)
    return None if found is None else f"{int(found[2])} {int(found[1])}"


def from_cron(fields: str, zone: str) -> Repeating:
    """What `--cron` says: minute, hour, day of the month, month, day of the week.

    Raises:
        UsageError: these are no five fields that every cron knows, or there is no such zone.
    """
    words = " ".join(fields.split())
    return _checked(Repeating(fields=words, zone=zone, said=f"cron {words}"), "--cron")


def _checked(when: Repeating, what: str) -> Repeating:
    cure = "minute hour day month weekday, such as '30 6 * * 1-5' or '*/15 * * * *'"
    zone_of(when.zone)
    now = datetime.now(UTC)
    try:
        parsed = CronSim(when.fields, now)
    except CronSimError as error:
        raise UsageError(f"{what}: '{when.fields}': {str(error).lower()}", cure=cure) from None
    own_words = any(not isinstance(each, int) or each < 0 for each in (*parsed.days, *parsed.weekdays))
    if own_words or len(when.fields.split()) != 5:
        raise UsageError(f"{what}: '{when.fields}' is more than every cron knows", cure=cure)
    if when.next_after(now) is None:
        raise UsageError(f"{what}: '{when.fields}' never comes", cure=cure)
    return when


def once(text: str, zone: str, now: datetime) -> Once:
    """What `--once` says: a time from now (`+24h`), or a moment; one without an offset is in `zone`.

    Raises:
        UsageError: it is none, or it is over.
    """
    try:
        from_now = text.startswith("+")
        moment = now + duration_of(text[1:], what="--once") if from_now else _moment(text, zone)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--once: '{text}' is no moment", cure="write such as +24h, +7d or 2026-12-01T06:00"
        ) from None
    if moment <= now:
        raise UsageError(f"--once: {text} is over", cure="name a moment that is to come")
    return Once(moment=whole_minute(moment))


def until(text: str, zone: str, now: datetime) -> datetime:
    """The moment from which on nothing runs any more, of what `--until` says; a date is the last day.

    Raises:
        UsageError: it is none, or it is over.
    """
    try:
        moment = _moment(text, zone)
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text.strip()):
            day = datetime.fromisoformat(text.strip()) + timedelta(days=1)
            moment = day.replace(tzinfo=zone_of(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--until: '{text}' is no date", cure="write such as 2026-12-31 or 2026-12-31T18:00"
        ) from None
    if moment <= now:
        raise UsageError(f"--until: {text} is over", cure="name a date that is to come")
    return moment


def jitter(text: str, when: When, now: datetime) -> timedelta:
    """What `--jitter` says.

    Raises:
        UsageError: it is no span of time, or not less than a day and than the time between two runs.
    """
    span = duration_of(text, what="--jitter")
    times = [now]
    while len(times) <= _FORESEEN_TIMES and (following := when.next_after(times[-1])) is not None:
        times.append(following)
    shortest = min([later - earlier for earlier, later in pairwise(times[1:])] + [timedelta(days=1)])
    if span >= shortest:
        raise UsageError(f"--jitter: {text} is too much for '{when}'", cure=f"less than {in_words(shortest)}")
    return span


def _moment(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(zone))
    return moment.astimezone(UTC)


def whole_minute(moment: datetime) -> datetime:
    """No timer knows less than a minute; rounded up, so that it is still to come."""
    return moment.replace(second=0, microsecond=0) + timedelta(
        minutes=1 if moment.second or moment.microsecond else 0
    )


def due(when: When, last: datetime, now: datetime) -> bool:
    """Whether a time of it has come since it last ran; those that were missed count as one.

    A last run that is still to come says that the clock was wrong: then it is due, and is dated anew.
    """
    following = when.next_after(last)
    return last > now or (following is not None and following <= now)
