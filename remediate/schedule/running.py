"""One run of a schedule: never beside itself, never longer than its deadline, and its outcome kept."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType

from remediate.durations import in_words
from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.schedule.calendar import Repeating
from remediate.schedule.kept import Schedules
from remediate.schedule.schedule import INTERRUPTED, LOOKED, UNDER_WAY, Last, Schedule

_OUTCOMES = {0: "ok", 1: "bad input", 2: "drifted or failed", 4: "unreachable", INTERRUPTED: "interrupted"}
TIMED_OUT = 124
"""The exit code of a run that was ended at its deadline, as timeout(1) has it."""
_AGENT = "SSH_AUTH_SOCK"
"""A timer has no SSH agent: who tries a schedule by hand sees how it goes without one."""
_STOP_SECONDS = 10.0
"""How long a run that is told to end may take for it."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a call: the exit code, and what there is to tell; nothing if it was not its time."""

    code: int
    said: tuple[str, ...] = ()


def run_schedule(
    schedules: Schedules,
    name: str,
    program: Sequence[str],
    *,
    only_due: bool,
    remove: Callable[[Schedule], None],
) -> Ran:
    """Do the re-check of a schedule; with `only_due`, as its timer asks for it, if its time has come.

    `remove` takes a schedule away that has no time to come any more.

    Raises:
        UsageError: there is no such schedule, or it is under way and was not asked for by a timer.
    """
    schedule = schedules.get(name)
    if only_due and not _wanted(schedule):
        return Ran(code=0)
    with schedules.lock(name) as lock:
        if lock is None:
            if only_due:
                return Ran(code=0)
            raise UsageError(f"{name} is under way", cure="wait for its end")
        schedule = schedules.get(name)  # it may have run, or been replaced, before the lock was ours
        now = datetime.now(UTC)
        if schedule.until is not None and now >= schedule.until:
            remove(schedule)
            return Ran(code=0, said=(f"{name}: its time was over on {_shown(schedule.until)}; removed",))
        if only_due and not _wanted(schedule):
            return Ran(code=0)
        if only_due and schedule.timer == "cron":  # systemd does it itself
            time.sleep(random.uniform(0, schedule.jitter.total_seconds()))  # noqa: S311 - no secret
            meanwhile = schedules.find(name)
            if meanwhile is None or meanwhile.added != schedule.added:
                return Ran(code=0)  # it was removed or replaced: the new one has times of its own
        return _run(schedules, schedule, program, lock, only_due=only_due, remove=remove)


def _wanted(schedule: Schedule) -> bool:
    now = datetime.now(UTC)
    return schedule.due(now) or (schedule.until is not None and now >= schedule.until)


def _run(
    schedules: Schedules,
    schedule: Schedule,
    program: Sequence[str],
    lock: int,
    *,
    only_due: bool,
    remove: Callable[[Schedule], None],
) -> Ran:
    told = () if schedule.last is None else schedule.last.told
    last = Last(began=datetime.now(UTC), outcome=UNDER_WAY, told=told)
    schedules.keep(replace(schedule, last=last))
    log = schedules.log(schedule.name) if only_due else None
    try:
        output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        code = _carry_out((*program, *schedule.recheck), schedule, lock, output)
    except OSError as error:
        what = f"cannot begin: {error.strerror}: {error.filename}"
        schedules.keep(replace(schedule, last=replace(last, outcome=what)))
        raise UsageError(f"{schedule.name}: {what}") from None
    ended = replace(
        schedule,
        last=Last(
            began=last.began,
            outcome=_outcome(schedule, code),
            code=code,
            told=() if code in LOOKED else told,
        ),
    )
    said = [] if only_due and code in LOOKED else [f"{schedule.name}: {_outcome(schedule, code)}"]
    if said and log is not None:
        said.append(f"what it said is in {log}")
    there = schedules.find(schedule.name)
    if there is not None and there.added == schedule.added:  # nobody has removed or replaced it meanwhile
        schedules.keep(ended)
        if code in LOOKED and schedule.next_after(datetime.now(UTC)) is None:
            remove(ended)
            if not only_due or isinstance(schedule.when, Repeating):  # of once only, it is no news
                said.append(f"{schedule.name}: that was the last time of it; removed")
    return Ran(code=TIMED_OUT if code is None else code, said=tuple(said))


def _outcome(schedule: Schedule, code: int | None) -> str:
    if code is None:
        return f"ended at its deadline of {in_words(schedule.deadline)}"
    return _OUTCOMES.get(code, f"exit code {code}")


def _carry_out(command: Sequence[str], schedule: Schedule, lock: int, output: int | None) -> int | None:
    """The exit code; None if it was ended because its time was up.

    It is a process of its own, which can be ended whatever it does, and inherits the lock: should this one be
    killed, the other is still known to be under way.
    """
    with subprocess.Popen(
        list(command),
        cwd=schedule.directory,
        env={name: value for name, value in os.environ.items() if name != _AGENT},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=(lock,),
    ) as process:
        if output is not None:
            os.close(output)
        try:
            with _told_to_end():
                return process.wait(schedule.deadline.total_seconds())
        except subprocess.TimeoutExpired:
            return None
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            if process.poll() is None:
                _end(process)


@contextmanager
def _told_to_end() -> Iterator[None]:
    """What ends this process ends the re-check as well: it has a process group of its own."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it as Ctrl-C does, which closes connections; and then whatever is left of what it has started."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
