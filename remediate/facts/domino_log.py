"""Reading a Domino console log: lines without their prefixes, and the answers of two console commands.

Formats as HCL's and IBM's documentation shows them: an optional `[process:thread-address]` prefix, an
optional date in the server's locale, then the text. Answers come among the lines of other tasks.
"""

import re
from datetime import datetime

from remediate.records import dataclass

_THREAD = re.compile(r"^\[[0-9A-Fa-f]+:[0-9A-Fa-f]+-[0-9A-Fa-f]+\] ?")
_DATE = re.compile(
    r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4},?\s+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?(?:\s+|$)"
)
_COLUMNS = re.compile(r"\s{2,}|\t+")
_ROW = re.compile(r"\s*[^.]{1,40}?(?:\s{2,}|\t)\S")
_TASKS_HEADER = re.compile(r"^\s*Task\s{2,}Description\s*$", re.IGNORECASE)
_RELEASE = re.compile(r"Server\s*+\(Release ([^)]{0,200}+)\)")
_LABEL = re.compile(r"^\s*([A-Za-z][^:]{0,40}?)\s*:(?:\s+(.*))?$")


def strip_line(line: str) -> str:
    """A console line without thread prefix, date and blanks at the end."""
    return _DATE.sub("", _THREAD.sub("", line.rstrip("\r\n"), count=1), count=1).rstrip()


def strip_lines(text: str) -> tuple[str, ...]:
    """`strip_line` of each whole line; a last line that is still being written is left out."""
    return tuple(strip_line(line) for line in text.split("\n")[:-1])


def date_of(line: str, date_format: str) -> datetime | None:
    """The date that a console line begins with, after its thread prefix; None if it has none of this form."""
    count = len(date_format.split())
    words = _THREAD.sub("", line, count=1).split(maxsplit=count)[:count]
    try:
        return datetime.strptime(" ".join(words), date_format)
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """One row of `show tasks`."""

    name: str
    description: str


def tasks_header(lines: tuple[str, ...]) -> int:
    """The number of the last line that begins an answer to `show tasks`; len(lines) if there is none."""
    headers = [number for number, line in enumerate(lines) if _TASKS_HEADER.match(line)]
    return headers[-1] if headers else len(lines)


def parse_tasks(lines: tuple[str, ...]) -> tuple[TaskLine, ...] | None:
    """The rows of the last answer to `show tasks`, or None if there is none yet."""
    header = tasks_header(lines)
    if header == len(lines):
        return None
    rows = []
    for line in lines[header + 1 :]:
        name, *rest = _COLUMNS.split(line.strip(), maxsplit=1)
        # Lines of other tasks and labels of `show server` (`Partition:   ...`) come in between.
        if rest and ":" not in name:
            rows.append(TaskLine(name=name, description=rest[0].strip()))
    return tuple(rows)


def besides_answers(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines that are no part of an answer to `show tasks` or `show server`: those stand in columns."""
    return tuple(line for line in lines if not _ROW.match(line) and _release(line) is None)


def _release(line: str) -> str | None:
    """The release in a line such as `Lotus Domino (r) Server (Release 8.5.3 for AIX)`; None in any other."""
    found = _RELEASE.search(line.partition("Domino")[2])
    return None if found is None else found[1]


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """What `show server` says of itself: which server, partition and release answered."""

    directory: str
    partition: str
    release: str = ""
    name: str = ""


def parse_server(lines: tuple[str, ...]) -> ServerInfo | None:
    """The last answer to `show server`, or None if it is not complete yet."""
    labels: dict[str, str] = {}
    release = ""
    for line in lines:
        release = _release(line) or release
        label = _LABEL.match(line)
        if label:
            labels[label[1].lower()] = (label[2] or "").strip()
    if "server directory" not in labels or "partition" not in labels:
        return None
    return ServerInfo(
        directory=labels["server directory"],
        partition=labels["partition"],
        release=release,
        name=labels.get("server name", ""),
    )


def same_directory(answered: str, expected: str) -> bool:
    """Whether two names mean one data directory: blanks and a last slash do not count.

    A server on Windows answers with a drive and a colon, where its shell may say `/cygdrive/c` or `/c`;
    there, capitals do not count.
    """
    answered, expected = answered.strip().rstrip("/\\"), expected.strip().rstrip("/\\")
    if _DRIVE.match(answered):
        return _below_drive(answered) == _below_drive(expected)
    return answered == expected


_DRIVE = re.compile(r"[A-Za-z]:")
_MOUNTED_DRIVE = re.compile(r"^(?:/cygdrive)?/([a-z])(?=/|$)")


def _below_drive(directory: str) -> str:
    """A directory of Windows in one spelling: small letters, slashes, drive and colon."""
    return _MOUNTED_DRIVE.sub(r"\1:", directory.lower().replace("\\", "/"))
