"""The timers of a system that can call a schedule, and which of them is taken."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from remediate.errors import UsageError
from remediate.schedule.crontab import Crontab
from remediate.schedule.schedule import Schedule, TimerKind
from remediate.schedule.systemd import SYSTEM, USER, Units

_BOOTED = Path("/run/systemd/system")
"""There if systemd is what runs this system (sd_booted(3))."""


class Timer(Protocol):
    """What calls schedules at their times. All that it has written, it removes."""

    def write(self, schedule: Schedule, command: tuple[str, ...]) -> None:
        """Have the command called at the times of a schedule; one of the same name is written over.

        Raises:
            UsageError: that cannot be; all is as it was before.
        """

    def remove(self, schedule: Schedule) -> None:
        """Have it called no more; it is no mistake if it was not.

        Raises:
            UsageError: that cannot be.
        """

    def shown(self, schedule: Schedule) -> str:
        """What is written of it, as it is; empty if there is nothing.

        Raises:
            UsageError: it cannot be read.
        """

    def warnings(self) -> tuple[str, ...]:
        """Why a schedule may not be called all the same, with the cure."""


def timer_of(kind: TimerKind, state: Path) -> Timer:
    """The timer of a kind, for the schedules of a state directory."""
    units: Mapping[str, Units] = {"systemd": Units(scope=USER), "systemd-system": Units(scope=SYSTEM)}
    return units[kind] if kind in units else Crontab(state=state)


def best_kind() -> TimerKind:
    """The user's systemd where systemd runs, else the crontab."""
    return "systemd" if _BOOTED.is_dir() else "cron"


def command_of(name: str, state: Path) -> tuple[str, ...]:
    """What a timer calls; a person can type it, too.

    Raises:
        UsageError: a path in it cannot stand in a line.
    """
    command = (*program(), "schedule", "run", name, "--due", "--state-dir", str(state))
    if any(not word.isprintable() for word in command):
        raise UsageError(
            f"{str(state)!r} cannot be named in a timer", cure="name a directory in letters: --state-dir"
        )
    return command


def program() -> tuple[str, ...]:
    """This program, for whoever starts it from elsewhere."""
    script = Path(sys.executable).with_name("remediate")
    # -P: a file of the directory that it is called in must not stand in the place of a module.
    return (str(script),) if script.exists() else (sys.executable, "-P", "-m", "remediate")
