"""A schedule: which re-check runs when, and how its last run ended; as the JSON that is kept of it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args

from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.schedule.calendar import Once, Repeating, When, due

TimerKind = Literal["systemd", "systemd-system", "cron"]
"""What calls it: a user's systemd, the system's, or the user's crontab."""

UNDER_WAY = "under way, or cut off"
"""The outcome that is written when a run begins; whether the lock is held tells which of the two."""

CUT_OFF = "cut off"

LOOKED = (0, 2, 4)
"""The exit codes of a re-check that has looked, whatever it found."""

INTERRUPTED = 130
"""The exit code of one that was ended by a signal to the schedule's run, or Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Last:
    """The last run: when it began, how it ended in a few words, and its exit code, if it had one.

    `told` are the channels that know that the schedule cannot look.
    """

    began: datetime
    outcome: str
    code: int | None = None
    told: tuple[str, ...] = ()

    @property
    def may_have_looked(self) -> bool:
        """Whether nothing has kept it from looking but that it was ended, if it was."""
        return self.outcome in (UNDER_WAY, CUT_OFF) or self.code in (*LOOKED, INTERRUPTED)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One schedule.

    `recheck` are the words behind `remediate`, and `directory` is where it is run. What runs longer than the
    deadline is ended. Nothing runs from `until` on.
    """

    name: str
    when: When
    recheck: tuple[str, ...]
    directory: str
    added: datetime
    timer: TimerKind
    deadline: timedelta
    jitter: timedelta = timedelta()
    until: datetime | None = None
    last: Last | None = None

    def next_after(self, moment: datetime) -> datetime | None:
        """Its first time later than `moment`; None if there is none any more."""
        following = self.when.next_after(moment)
        over = following is not None and self.until is not None and following >= self.until
        return None if over else following

    def due(self, now: datetime) -> bool:
        """Whether a time of it has come since it last ran, or was added; also if a last one did not end."""
        return due(self.when, self._since, now)

    def next_from(self, now: datetime) -> datetime | None:
        """The time that is waited for: one that is over if it was missed; None if there is none."""
        return self.next_after(min(self._since, now))

    @property
    def _since(self) -> datetime:
        if self.last is None:
            return self.added
        cut_off = self.last.outcome in (UNDER_WAY, CUT_OFF) and self.next_after(self.last.began) is None
        return self.added if cut_off else self.last.began


def refuse_name(name: str) -> None:
    """See that a name can be one of a file, of a systemd unit, and a word of a shell.

    Raises:
        UsageError: it cannot.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name) is None:
        raise UsageError(
            f"'{name}' cannot name a schedule",
            cure="take letters, digits, '-', '_' and '.', 64 at most, and begin with a letter or digit",
        )


def to_json(schedule: Schedule) -> dict[str, Any]:
    """What is kept of it, in an order for readers."""
    when = schedule.when
    kept = (
        {"said": when.said, "cron": when.fields, "timezone": when.zone}
        if isinstance(when, Repeating)
        else {"once": when.moment.isoformat()}
    )
    last = schedule.last
    return {
        "name": schedule.name,
        "when": kept,
        "until": None if schedule.until is None else schedule.until.isoformat(),
        "recheck": list(schedule.recheck),
        "directory": schedule.directory,
        "deadline_seconds": int(schedule.deadline.total_seconds()),
        "jitter_seconds": int(schedule.jitter.total_seconds()),
        "timer": schedule.timer,
        "added": schedule.added.isoformat(),
        "last": None
        if last is None
        else {
            "began": last.began.isoformat(),
            "outcome": last.outcome,
            "code": last.code,
            "told": list(last.told),
        },
    }


def from_json(data: Mapping[str, Any]) -> Schedule:
    """The schedule of which `to_json` keeps this.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    when, last, until = data["when"], data["last"], data["until"]
    return Schedule(
        name=data["name"],
        when=Once(moment=_moment(when["once"]))
        if "once" in when
        else Repeating(fields=when["cron"], zone=when["timezone"], said=when["said"]),
        until=None if until is None else _moment(until),
        recheck=tuple(data["recheck"]),
        directory=data["directory"],
        deadline=timedelta(seconds=data["deadline_seconds"]),
        jitter=timedelta(seconds=data["jitter_seconds"]),
        timer=_timer(data["timer"]),
        added=_moment(data["added"]),
        last=None
        if last is None
        else Last(
            began=_moment(last["began"]),
            outcome=last["outcome"],
            code=last["code"],
            told=tuple(last.get("told", ())),
        ),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def _timer(kind: str) -> TimerKind:
    if kind not in get_args(TimerKind):
        raise ValueError(f"'{kind}' is no timer")
    return cast(TimerKind, kind)
