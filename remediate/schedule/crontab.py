"""The user's crontab: two lines a schedule, and every other line as it was, to the byte.

Cron knows no time zones, and does not make up for what it missed. So its line calls every hour, at the
schedule's minutes, and who is called looks whether it is due.

The text is edited here, for the libraries that know crontabs write every line of them anew.
"""

import fcntl
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from remediate.bourne import decode, encode, quote
from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.schedule.calendar import Once, When
from remediate.schedule.kept import real
from remediate.schedule.schedule import Schedule
from remediate.schedule.tools import Said, run_tool
from remediate.schedule.zones import machine_zone, zone_of

_AT_WORK = (Path("/run/crond.pid"), Path("/var/run/cron.pid"))
"""Where cron writes its process's number, on Linux and on BSD; it may stay when cron has ended."""
_NONE = ("no crontab for", "can't open your crontab file")
"""How it is said that there is none, by Linux and BSD, and by Solaris. All else may hide one."""
_FORESEEN_DAYS = 2 * 366
_CALL = " 'schedule' 'run' "


@dataclass(frozen=True, kw_only=True)
class Crontab:
    """The lines for the schedules of a state directory in the crontab of this user; see `Timer`."""

    state: Path

    def write(self, schedule: Schedule, command: tuple[str, ...]) -> None:
        """See Timer."""
        minutes = minutes_of(schedule.when, machine_zone(), datetime.now(UTC))
        mark = f"{_mark(schedule.name)}{self.state}: "
        lines = f"{mark}{schedule.when}\n{minutes} * * * * {_escaped(command)}\n"
        with _alone():
            _install(without(_installed(), schedule.name, self.state) + lines)

    def remove(self, schedule: Schedule) -> None:
        """See Timer."""
        with _alone():
            before = _installed()
            after = without(before, schedule.name, self.state)
            if after != before:
                _install(after)
            _refuse_calls_left(_installed(), schedule.name, self.state)

    def shown(self, schedule: Schedule) -> str:
        """See Timer."""
        lines = _installed().splitlines(keepends=True)
        return "".join(lines[number] for number in sorted(_ours(lines, schedule.name, self.state)))

    def warnings(self) -> tuple[str, ...]:
        """See Timer."""
        if any(map(_is_at_work, _AT_WORK)):
            return ()
        return ("cron does not seem to run on this machine: start it, or nothing will be called",)


def _is_at_work(path: Path) -> bool:
    try:
        os.kill(int(path.read_text()), 0)
    except PermissionError:
        return True  # it is there, and another user's
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """No other process of this user edits his crontab by this code meanwhile: who does holds his home."""
    try:
        home = os.open(Path.home(), os.O_RDONLY)
    except (OSError, RuntimeError):  # a service without one is alone
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(home, fcntl.LOCK_EX)
        yield
    finally:
        os.close(home)


def without(text: str, name: str, state: Path) -> str:
    """A crontab without the calls of this schedule as they are written here, and without their comments."""
    lines = text.splitlines(keepends=True)
    ours = _ours(lines, name, state)
    return "".join(line for number, line in enumerate(lines) if number not in ours)


def _ours(lines: Sequence[str], name: str, state: Path) -> set[int]:
    """The numbers of our lines: a call is known by itself, wherever its comment is by now."""
    calls = {number for number, line in enumerate(lines) if _CALL in line and _calls(line, name, state)}
    above = {number - 1 for number in calls if number and lines[number - 1].startswith(_mark(name))}
    marks = {number for number, line in enumerate(lines) if line.startswith(f"{_mark(name)}{state}: ")}
    return calls | above | marks


def _mark(name: str) -> str:
    """What the line above a call of ours begins with, before the state directory."""
    return f"# remediate schedule {name} in "


def _calls(line: str, name: str, state: Path) -> bool:
    """Whether it calls this schedule, however the state directory is spelled there."""
    if line.lstrip().startswith("#"):
        return False
    try:
        words = shlex.split(line.replace("\\%", "%"))
    except ValueError:
        return False
    starts = [
        number for number in range(len(words)) if words[number : number + 3] == ["schedule", "run", name]
    ]
    return any(
        option == "--state-dir" and real(Path(directory)) == state
        for start in starts
        for option, directory in pairwise(words[start:])
    )


def _refuse_calls_left(text: str, name: str, state: Path) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if _calls(line, name, state):
            raise UsageError(
                f"line {number} of your crontab still calls {name}, and was written by another hand",
                cure="take it out with 'crontab -e', and remove the schedule again",
            )


def minutes_of(when: When, machine: ZoneInfo, now: datetime) -> str:
    """The minutes of every hour, by the machine's clock, at which a time of a schedule may come."""
    if isinstance(when, Once):
        return str(when.moment.astimezone(machine).minute)
    zone = zone_of(when.zone)
    days = [now + timedelta(days=number) for number in range(_FORESEEN_DAYS)]
    # Zones are apart by whole hours, with some exceptions.
    apart = {_minutes_between(day, machine, zone) for day in days}
    minutes = {(minute + each) % 60 for minute in CronSim(when.fields, now).minutes for each in apart}
    return "*" if len(minutes) == 60 else ",".join(map(str, sorted(minutes)))


def _minutes_between(moment: datetime, one: ZoneInfo, other: ZoneInfo) -> int:
    offsets = (moment.astimezone(zone).utcoffset() or timedelta() for zone in (one, other))
    mine, others = (int(offset.total_seconds()) // 60 for offset in offsets)
    return mine - others


def _escaped(command: tuple[str, ...]) -> str:
    """The command for cron's shell; cron itself takes a bare % for the end of the line (crontab(5))."""
    return " ".join(map(quote, command)).replace("%", "\\%")


def _installed() -> str:
    ran = run_tool(("crontab", "-l"))
    if ran.code == 0:
        return decode(ran.output)
    if any(words in ran.said for words in _NONE):
        return ""
    raise _refused("crontab -l", ran)


def _install(text: str) -> None:
    words = ("crontab", "-") if text else ("crontab", "-r")
    ran = run_tool(words, encode(text))
    if ran.code != 0:
        raise _refused(" ".join(words), ran)


def _refused(command: str, ran: Said) -> UsageError:
    said = ran.said or f"exit code {ran.code}"
    return UsageError(f"{command}: {said}", cure="see who may use it: crontab(1)")
