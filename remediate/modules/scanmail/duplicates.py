"""Which of several licence documents is the renewed one: a pure decision, no guess."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from remediate.records import dataclass

TOO_CLOSE = timedelta(hours=26)
"""Expiries closer than a day and the widest time zone are the same day to somebody: a tie."""


@dataclass(frozen=True, kw_only=True)
class Licence:
    """One licence document, as the columns of a view show it."""

    unid: str
    platform: str
    expiry: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What stays and what goes; where a platform could not be decided, nothing of it goes."""

    keep: tuple[Licence, ...]
    delete: tuple[Licence, ...]
    refused: tuple[str, ...]
    """For each platform that could not be decided, why, with all its documents."""


def choose(licences: Iterable[Licence], expiry_format: str | None = None) -> Choice:
    """For each platform the licence with the latest expiry stays; the others are duplicates.

    The order of the licences does not matter. A platform with a tie for the latest, or with an expiry that
    cannot be read beside another document, is refused; so is every document without a platform, since it
    may be of any.
    """
    groups: dict[str, list[Licence]] = defaultdict(list)
    for licence in sorted(set(licences), key=_order):
        groups[licence.platform.strip().lower()].append(licence)
    twice = _in_several(groups)
    keep: list[Licence] = []
    delete: list[Licence] = []
    refused: list[str] = []
    for platform, group in groups.items():
        why = _refusal(platform, group, twice, expiry_format)
        if why is not None:
            refused.append(f"{why}: {'; '.join(describe(each) for each in group)}")
            continue
        latest = max(group, key=lambda each: read_expiry(each.expiry, expiry_format) or datetime.min)
        keep.append(latest)
        delete += [each for each in group if each is not latest]
    return Choice(keep=tuple(keep), delete=tuple(delete), refused=tuple(refused))


def describe(licence: Licence) -> str:
    """One line of a licence, without anything secret."""
    return f"{licence.unid} ({licence.platform or 'no platform'}, expires {licence.expiry or 'nobody knows'})"


def read_expiry(text: str, expiry_format: str | None = None) -> datetime | None:
    """When a licence expires, in UTC without zone; None if it cannot be read for certain.

    Without a format only dates that begin with the year are certain: `2015-01-31`, `2015/01/31`, and ISO 8601
    with a time. A date in a server's local order, such as `01/02/2015`, needs `expiry_format`.
    """
    found = _as_written(text.strip(), expiry_format)
    try:
        return found if found is None or found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def last_day(text: str, expiry_format: str | None = None) -> date | None:
    """The day on which a licence expires, as it is written there; None where `read_expiry` has None."""
    found = _as_written(text.strip(), expiry_format)
    return None if found is None or read_expiry(text, expiry_format) is None else found.date()


def too_many(licences: Iterable[Licence]) -> int:
    """How many licences there are beyond one for each platform."""
    found = set(licences)
    return len(found) - len({each.platform.strip().lower() for each in found})


def _as_written(text: str, expiry_format: str | None) -> datetime | None:
    try:
        if expiry_format is not None:
            return datetime.strptime(text, expiry_format)
        if len(text) == 10 and text[4] == text[7] == "/":
            return datetime.combine(date.fromisoformat(text.replace("/", "-")), datetime.min.time())
        if len(text) >= 10 and text[4] == text[7] == "-":
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    return None


def _order(licence: Licence) -> tuple[str, ...]:
    return (licence.platform.strip().lower(), licence.unid, licence.expiry, licence.platform)


def _in_several(groups: dict[str, list[Licence]]) -> frozenset[str]:
    """Documents that the entries show more than once, and differently."""
    seen: dict[str, int] = defaultdict(int)
    for group in groups.values():
        for each in group:
            seen[each.unid] += 1
    return frozenset(unid for unid, times in seen.items() if times > 1)


def _refusal(
    platform: str, group: list[Licence], twice: frozenset[str], expiry_format: str | None
) -> str | None:
    if not platform:
        return "a licence without a platform may be of any"
    if any(each.unid in twice for each in group):
        return f"{platform}: a document stands there twice, and differently"
    if len(group) == 1:
        return None
    expiries = [read_expiry(each.expiry, expiry_format) for each in group]
    known = sorted(each for each in expiries if each is not None)
    if len(known) < len(group):
        return f"{platform}: an expiry cannot be read"
    if known[-1] - known[-2] < TOO_CLOSE:
        return f"{platform}: the latest expiry is a tie"
    return None
