"""How a line gets into a console log: thread prefix and date are there or not, as each server has it.

Source of the shapes: lines of real consoles, `[000582:000002-00007FBF5156C740] 10/09/2023 04:39:48 PM  ...`.
"""

import zlib
from collections.abc import Iterable
from datetime import datetime

from remediate.lab.draw import LabServer
from remediate.records import dataclass

DATE_FORMATS = {"us": "%m/%d/%Y %I:%M:%S %p", "iso": "%Y-%m-%d %H:%M:%S"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a task; tables and banners go without a date, as a table's columns begin with blanks."""

    task: str
    text: str
    dated: bool = True


def render_lines(server: LabServer, lines: Iterable[Line], now: datetime) -> str:
    """The text that `server` appends to its console log for `lines` said at `now`."""
    return "".join(_render(server, line, now) + "\n" for line in lines)


def format_date(server: LabServer, now: datetime) -> str:
    """`now` as the server's locale writes it; a server without dates in its log uses the American form."""
    return now.strftime(DATE_FORMATS.get(server.log_date, DATE_FORMATS["us"]))


def _render(server: LabServer, line: Line, now: datetime) -> str:
    text = line.text
    if line.dated and server.log_date != "none":
        text = f"{format_date(server, now)}  {text}"
    if not server.log_prefix:
        return text
    blank = "" if text.startswith("  ") else " "
    return f"{_thread_of(server, line.task)}{blank}{text}"


def _thread_of(server: LabServer, task: str) -> str:
    number = zlib.crc32(f"{server.random_seed}/{task}".encode())
    return f"[{number % 900 + 100:06d}:{number % 37 + 2:06d}-{0x7F0000000000 + number * 64:016X}]"
