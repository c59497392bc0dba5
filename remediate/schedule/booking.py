"""Re-checks that a run books for its hosts: one schedule for all hosts of a run, a playbook and a time."""

import re
import threading
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from remediate.durations import duration_of
from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.schedule.calendar import Once, whole_minute
from remediate.schedule.kept import Schedules
from remediate.schedule.schedule import Schedule
from remediate.schedule.timers import best_kind, command_of, timer_of

_DEADLINE = timedelta(hours=1)
_LONGEST = 64


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What is to be done after a time, such as `7d`: with which playbook, and who is told."""

    after: str
    playbook: str
    notify: tuple[str, ...]


@dataclass(kw_only=True)
class Bookings:
    """The re-checks of one run; `words` are those of the whole re-check of what is booked, on some hosts."""

    schedules: Schedules
    run: int
    words: Callable[[Booked, str], tuple[str, ...]]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def book(self, host: str, booked: Booked) -> None:
        """Have the host looked at as well.

        Raises:
            UsageError: that cannot be kept, no timer can be written, or the run has booked otherwise.
        """
        name = self._name(booked)
        words = self.words(booked, f"@{self.schedules.hosts_file(name)}")
        with self._one_at_a_time:
            before = self.schedules.find(name)
            if before is not None and before.recheck != words:
                raise UsageError(
                    f"{name} is booked already, and otherwise", cure="give both tasks the same 'notify'"
                )
            self.schedules.keep_hosts(name, [*dict.fromkeys([*self.schedules.hosts(name), host])])
            if before is None:
                self._begin(name, words, duration_of(booked.after, what="after"))

    def cancel(self, host: str, booked: Booked) -> None:
        """Have the host looked at no more; with the last one the schedule goes.

        Raises:
            UsageError: that cannot be.
        """
        name = self._name(booked)
        with self._one_at_a_time:
            schedule = self.schedules.find(name)
            if schedule is None:
                return  # it has been done, or was removed
            left = [each for each in self.schedules.hosts(name) if each != host]
            if left:
                self.schedules.keep_hosts(name, left)
                return
            timer_of(schedule.timer, self.schedules.state).remove(schedule)
            self.schedules.drop(name)

    def _begin(self, name: str, words: tuple[str, ...], after: timedelta) -> None:
        now = datetime.now(UTC)
        schedule = Schedule(
            name=name,
            when=Once(moment=whole_minute(now + after)),
            recheck=words,
            directory=str(Path.cwd()),
            added=now,
            timer=best_kind(),
            deadline=_DEADLINE,
        )
        try:
            self.schedules.keep(schedule)
            timer = timer_of(schedule.timer, self.schedules.state)
            timer.write(schedule, command_of(name, self.schedules.state))
        except BaseException:
            self.schedules.drop(name)
            raise

    def _name(self, booked: Booked) -> str:
        stem = re.sub(r"[^A-Za-z0-9_.-]", "-", Path(booked.playbook).stem)
        return f"run{self.run}-{booked.after}-{stem}"[:_LONGEST]
