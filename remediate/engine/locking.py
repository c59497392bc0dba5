"""Holding a host's lock while a run works on it: taken with the first question, prolonged when it is old."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

from remediate.engine.asking import Refused, ask, tell
from remediate.errors import HostLocked
from remediate.facts.base import Fact, Output
from remediate.hosts.at_work import AtWork
from remediate.hosts.host import Host
from remediate.hosts.lock import Found, found, lock_name, release, take
from remediate.hosts.lock_owner import Owner, moment, this_process
from remediate.hosts.target import Become
from remediate.records import dataclass

HELD_SECONDS = 3600
"""How long a lock is held after a controller was last heard of."""

_DEADLINE = 10.0
"""Seconds for giving a lock back: a host that hangs at its end must not hold up the run for long."""

GoingOn = Callable[[str], str]
"""The command that goes on with a run, by the name that it has on hosts; empty if that is not known here."""

_ELSEWHERE = "collect it where the history of that run is: 'remediate resume'"

_ADDRESS = re.compile(r"(\d{1,9})\.(\d{1,9})\.")


def not_known(_run: str) -> str:
    """See GoingOn, where there is no history."""
    return ""


@dataclass(frozen=True, kw_only=True)
class LockTaken(Fact[Found]):
    """Whether a lock is the owner's now. To ask is to take it; to ask again is to prolong it."""

    name: str
    owner: Owner
    now: int
    over: str | None = None

    def ask(self) -> str:
        """See `take`."""
        return take(self.name, self.owner, now=self.now, over=self.over)

    def parse(self, output: Output) -> Found:
        """See `found`."""
        return found(output)

    def reads(self, resource: str) -> bool:
        """Nothing that any effect changes."""
        del resource
        return False


class HostLock:
    """One host's lock, for one run. Only the thread that works on the host uses it."""

    def __init__(self, host: str, port: int | None, run: str, going_on: GoingOn) -> None:
        """A lock that is not taken yet."""
        self._host = host
        self._name = lock_name(host, port)
        self._run = run
        self._going_on = going_on
        self._since = 0
        self._taken = 0
        self._become: Become | None = None

    @property
    def due(self) -> bool:
        """Whether it must be asked for before anything else: not taken yet, or taken long ago."""
        return time.time() > self._taken + HELD_SECONDS / 2

    def question(self, over: str | None = None) -> LockTaken:
        """What takes it; from whoever holds it with the line `over`."""
        now = int(time.time())
        owner = this_process(host=self._host, run=self._run, now=now, seconds=HELD_SECONDS)
        owner = replace(owner, since=self._since or now)
        return LockTaken(name=self._name, owner=owner, now=now, over=over)

    def settle(self, host: Host, answer: Found | Refused, become: Become | None) -> None:
        """Go on if it is taken; take it over from a process of this machine that is no more.

        Raises:
            HostLocked: another run has it, or may have had it since it was taken; or left a command running.
            TaskFailed: the host keeps no locks.
            Unreachable: the connection was lost.
        """
        if isinstance(answer, Found) and answer.holder is not None and answer.holder.left_behind():
            again = self.question(over=answer.line)
            answer = ask(host, [again], become)[again]
        if isinstance(answer, Refused):
            raise answer.error
        if answer.commands:
            going_on = self._going_on(answer.holder.run) if answer.holder is not None else ""
            known = f"collect it: '{going_on}'" if going_on else _ELSEWHERE
            commands = ", ".join(in_words(each) for each in answer.commands)
            raise HostLocked(
                f"a run that is gone has left at work there: {commands}; it was {_holder(answer.holder)}",
                where=self._host,
                cure=f"wait for its end, or {known}; 'remediate locks --break' lets other runs in beside it",
            )
        if not answer.taken:
            raise HostLocked(
                f"another run works on it: {_holder(answer.holder)}",
                where=self._host,
                cure="wait for it; a lock that nobody needs any more is broken by 'remediate locks --break'",
            )
        if self._taken and not answer.kept:
            raise HostLocked(
                "its lock was lost meanwhile, and another run may have worked on it",
                where=self._host,
                cure="look who did: remediate history; "
                f"then go on: {self._going_on(self._run) or 'remediate resume'}",
            )
        self._taken, self._become = int(time.time()), become
        self._since = self._since or self._taken

    def give_back(self, host: Host) -> None:
        """End it, if it was taken.

        Raises:
            TaskFailed, Unreachable: if that is not possible; it ends by itself in time.
        """
        if self._taken:
            self._taken = 0
            tell(host, release(self._name, self.question().owner), self._become, deadline=_DEADLINE)


def _holder(owner: Owner | None) -> str:
    if owner is None:
        return "it is just being locked"
    return f"{owner.who}, process {owner.pid}, since {moment(owner.since)}"


def in_words(command: AtWork, what: str = "") -> str:
    """A claimed command for people; `what` it does, if that is known, else where in its run it stands."""
    place = _ADDRESS.match(command.key)
    where = f"task {int(place[2]) + 1} of play {int(place[1]) + 1}" if place else command.key
    timer = "the 'confirm' of " if command.key.endswith(".confirm") else ""
    since = f", for {command.time}" if command.time else ""
    return f"{timer}{what or where} (process {command.pid}{since})"
