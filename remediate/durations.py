"""Spans of time as people write them: `90s`, `15m`, `24h`, `7d`, `2w`."""

import re
from datetime import timedelta

from remediate.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration_of(text: str, *, what: str) -> timedelta:
    """The span of time; a day is 24 hours. `what` is the option that says it.

    Raises:
        UsageError: it is none, or nothing at all, or longer than a calendar is.
    """
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip().lower())
    try:
        span = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found is not None else timedelta()
    except OverflowError:
        span = timedelta()
    if not span:
        raise UsageError(f"{what}: '{text}' is no time", cure="write such as 90s, 15m, 24h, 7d or 2w")
    return span


def in_words(span: timedelta) -> str:
    """The span in its largest unit that leaves no rest."""
    seconds = int(span.total_seconds())
    for letter, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"
