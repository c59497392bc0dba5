"""When a schedule runs: phrases, cron's fields, one moment; right also where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remediate.durations import duration_of, in_words
from remediate.errors import UsageError
from remediate.schedule.calendar import Once, Repeating, due, from_cron, from_phrase, once, until
from remediate.schedule.zones import local_zone

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

# Europe; America, in the other half of the year; half an hour; at midnight; around Ramadan; none at all.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "UTC",
)
zones = st.sampled_from(ZONES)
hours = st.integers(0, 23)
minutes = st.integers(0, 59)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
phrases = st.one_of(
    st.just("hourly"),
    st.builds(
        "{} {:02}:{:02}".format,
        st.sampled_from(["daily", "weekdays", "weekly tue", "weekly sunday", "monthly 28"]),
        hours,
        minutes,
    ),
)


def changes_of(zone: str) -> list[date]:
    """The days of some years on which a clock is changed, and one before."""
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(3 * 366)]

    def offset(day: date) -> timedelta | None:
        return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).utcoffset()

    return [day for day in days if offset(day) != offset(day + timedelta(days=1))]


@pytest.mark.parametrize(
    ("phrase", "fields"),
    [
        ("hourly", "0 * * * *"),
        ("daily 06:00", "0 6 * * *"),
        ("Daily  6:05", "5 6 * * *"),
        ("weekdays 23:59", "59 23 * * 1-5"),
        ("weekly mon 06:00", "0 6 * * 1"),
        ("weekly Sunday 00:00", "0 0 * * 0"),
        ("monthly 1 06:00", "0 6 1 * *"),
    ],
)
def test_phrases(phrase: str, fields: str) -> None:
    """What people say, as a crontab has it."""
    assert from_phrase(phrase, "UTC").fields == fields


@pytest.mark.parametrize(
    ("phrase", "says"),
    [
        ("", "'daily 06:00'"),
        ("daily", "'daily 06:00'"),
        ("daily 25:00", "'daily 25:00' is not understood"),
        ("daily 6", "not understood"),
        ("weekly 06:00", "not understood"),
        ("weekly xyz 06:00", "not understood"),
        ("weekly mo 06:00", "not understood"),
        ("monthly 31 06:00", "not every month has a day 31.*--cron"),
        ("monthly 0 06:00", "not every month has a day 0"),
        ("yearly 06:00", "'hourly'"),
    ],
)
def test_a_phrase_that_is_none(phrase: str, says: str) -> None:
    """The message shows what can be said."""
    with pytest.raises(UsageError, match=says):
        from_phrase(phrase, "UTC")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("0 6 * *", "number of fields"),
        ("0 0 6 * * *", "more than every cron knows"),
        ("60 6 * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 6 L * *", "more than every cron knows"),
        ("0 6 * * MON#2", "more than every cron knows"),
        ("0 6 * * 5L", "more than every cron knows"),
        ("0 6 31 2 *", "bad day-of-month"),
        ("@daily", "number of fields"),
        ("* * * * * ; rm -rf /", "number of fields"),
    ],
)
def test_fields_that_no_cron_knows(fields: str, says: str) -> None:
    """The message says which field, and shows an example."""
    with pytest.raises(UsageError, match=says) as caught:
        from_cron(fields, "UTC")
    assert "30 6 * * 1-5" in str(caught.value)


@pytest.mark.parametrize("name", ["Europe/Berln", "", "../etc/passwd", "Europe", "Ä"])
def test_a_zone_that_is_none(name: str) -> None:
    """Told with examples, whatever the text is."""
    with pytest.raises(UsageError, match="Europe/Berlin or UTC"):
        from_phrase("daily 06:00", name)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("+24h", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("+1w", datetime(2026, 11, 29, 12, tzinfo=UTC)),
        ("2026-12-01T06:00", datetime(2026, 12, 1, 5, tzinfo=UTC)),
        ("2026-12-01T06:00+03:00", datetime(2026, 12, 1, 3, tzinfo=UTC)),
        ("2026-12-01", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("+90s", datetime(2026, 11, 22, 12, 2, tzinfo=UTC)),
    ],
)
def test_once(text: str, moment: datetime) -> None:
    """A time from now, or a moment in the schedule's time zone; in whole minutes, never too early."""
    when = once(text, "Europe/Berlin", NOW)
    assert when == Once(moment=moment)
    assert (when.next_after(NOW), when.next_after(moment)) == (moment, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2026-12-31T18:00", datetime(2026, 12, 31, 17, tzinfo=UTC)),
    ],
)
def test_until(text: str, moment: datetime) -> None:
    """A date is the last day, to its end."""
    assert until(text, "Europe/Berlin", NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "+", "+0h", "+5", "+5y", "tomorrow", "2026-13-01", "+999999999w", "-5d"]
)
def test_a_moment_that_is_none(text: str) -> None:
    """The message has examples; nothing is computed past the end of all calendars."""
    with pytest.raises(UsageError, match="such as"):
        once(text, "UTC", NOW)


def test_what_is_over_is_refused() -> None:
    """A schedule that could never run is a mistake."""
    with pytest.raises(UsageError, match="is over"):
        once("2026-11-22T11:59", "UTC", NOW)
    with pytest.raises(UsageError, match="is over"):
        until("2026-11-21", "UTC", NOW)


@given(st.integers(1, 10_000), st.sampled_from("smhdw"))
def test_a_span_is_said_as_it_is_read(number: int, unit: str) -> None:
    """What is shown of a span can be written again."""
    span = duration_of(f"{number}{unit}", what="--deadline")
    assert duration_of(in_words(span), what="--deadline") == span


@given(zones, hours, minutes, st.data())
def test_daily_is_once_a_day(zone: str, hour: int, minute: int, data: st.DataObject) -> None:
    """Also when clocks are changed: never twice, never left out, and at its time if there is one."""
    first = data.draw(st.sampled_from(changes_of(zone) or [date(2026, 3, 1)])) - timedelta(days=2)
    when = from_phrase(f"daily {hour:02}:{minute:02}", zone)
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    moment, runs = start - timedelta(minutes=1), []
    for _ in range(6):
        moment = when.next_after(moment)
        assert moment is not None
        runs.append(moment.astimezone(ZoneInfo(zone)))
    assert [run.date() for run in runs] == [first + timedelta(days=number) for number in range(6)]
    for run in runs:
        wanted = run.replace(hour=hour, minute=minute, fold=0)
        there = wanted.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if there == wanted.replace(tzinfo=None):
            assert run == wanted
        else:  # the clock leaps over it: as soon as it has leapt
            assert timedelta(0) < run.replace(tzinfo=None) - wanted.replace(tzinfo=None) <= timedelta(hours=1)


@given(st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]), moments)
@example("Europe/Berlin", datetime(2026, 10, 24, 22, 30, tzinfo=UTC))
@example("Europe/Berlin", datetime(2026, 3, 28, 22, 30, tzinfo=UTC))
def test_hourly_is_every_hour(zone: str, moment: datetime) -> None:
    """An hour that the clock has twice is two hours."""
    when = from_phrase("hourly", zone)
    for number in range(6):
        before, moment = moment, when.next_after(moment)
        assert moment is not None
        assert number == 0 or moment - before == timedelta(hours=1)


@given(phrases, zones, moments)
@example("daily 02:30", "Europe/Berlin", datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
def test_the_next_time_is_later(phrase: str, zone: str, moment: datetime) -> None:
    """Also between the two times that a clock which is put back shows the same."""
    following = from_phrase(phrase, zone).next_after(moment)
    assert following is not None
    assert following > moment


@given(phrases, zones, moments, st.integers(0, 3 * 24 * 60))
def test_what_has_run_is_not_due(phrase: str, zone: str, moment: datetime, later: int) -> None:
    """It is due from its next time on, however many were missed; once run, not again before the next."""
    when = from_phrase(phrase, zone)
    following = when.next_after(moment)
    assert following is not None
    now = following + timedelta(minutes=later)
    assert not due(when, moment, following - timedelta(seconds=1))
    assert due(when, moment, now)
    assert not due(when, now, now)


def test_a_wrong_clock_delays_nothing() -> None:
    """A last run in the future was dated by a clock that was wrong."""
    assert due(from_phrase("daily 06:00", "UTC"), NOW + timedelta(days=900), NOW)


@pytest.mark.parametrize(
    ("variable", "name"), [("Europe/Berlin", "Europe/Berlin"), (":America/New_York", "America/New_York")]
)
def test_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch, variable: str, name: str) -> None:
    """TZ says it; a rule in place of a name is refused with the cure."""
    monkeypatch.setenv("TZ", variable)
    assert local_zone() == name
    monkeypatch.setenv("TZ", "XYZ-3ABC")
    with pytest.raises(UsageError, match="--timezone"):
        local_zone()


def test_words() -> None:
    """As a list of schedules shows it."""
    assert str(from_phrase("daily 06:00", "UTC")) == "daily 06:00, UTC"
    assert str(from_cron("*/5  * * * *", "UTC")) == "cron */5 * * * *, UTC"
    assert str(Once(moment=NOW)) == "once, 2026-11-22 12:00 UTC"
    assert isinstance(from_cron("0 0 29 2 *", "UTC"), Repeating)
