"""Values as Domino writes them into view entries, and what they mean."""

import re

_DATE_TIME = re.compile(
    r"(?P<date>\d{8})?(?:T(?P<time>\d{6})(?:,\s*(?P<hundredths>\d{1,2}))?(?P<zone>Z|[+-]\d{2}(?:\d{2})?)?)?"
)


def iso_time(text: str) -> str:
    """Domino's basic form of ISO 8601 in the extended one: `20130725T153106,25Z` is
    `2013-07-25T15:31:06.25Z`, `19990713` is `1999-07-13`, `T060306,52` is `06:03:06.52`.

    Anything else is given back as it is: what cannot be read is for the reader to judge.
    """
    match = _DATE_TIME.fullmatch(text.strip())
    if match is None or not (match["date"] or match["time"]):
        return text
    date, time, zone = match["date"], match["time"], match["zone"] or ""
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if date else ""
    if not time:
        return day
    clock = f"{time[:2]}:{time[2:4]}:{time[4:]}"
    clock += f".{match['hundredths']}" if match["hundredths"] else ""
    if len(zone) > 1:
        zone = f"{zone[:3]}:{zone[3:] or '00'}"
    return f"{day}T{clock}{zone}" if day else f"{clock}{zone}"


def number(text: str) -> int | float | str:
    """A number; text that is none is given back as it is."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return text
    return found if found - found == 0 else text  # neither infinite nor "nan"
