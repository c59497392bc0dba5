"""Who holds a host's lock: the process of a controller, which may be one of this machine and no more."""

import contextlib
import functools
import getpass
import hashlib
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who holds a lock.

    `who` is user@machine for people. `place` stands for the controller's machine, empty if it cannot be told
    from others, and `boot` for the time since it was started. Only `expires` changes while a lock is held.
    """

    host: str
    who: str
    run: str
    pid: int
    place: str
    boot: str
    since: int
    expires: int

    @property
    def token(self) -> str:
        """What tells this holder from every other: the same process may take its lock again."""
        words = (self.run, str(self.pid), self.place, self.boot, self.who)
        return ":".join(quote(word, safe="") for word in words)

    def line(self) -> str:
        """What is kept on the host: words of letters that no shell takes for anything else."""
        return f"{self.token} {self.expires} {self.since} {quote(self.host, safe='')}"

    def left_behind(self) -> bool:
        """Whether his process was one of this machine, and is no more."""
        place, boot = _machine()
        if not place or self.place != place:
            return False
        if self.boot != boot:
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):  # of somebody else; or no number that a process can have
            pass
        return False


def this_process(*, host: str, run: str, now: int, seconds: int) -> Owner:
    """This process as the owner of a host's lock, for some seconds from now on."""
    place, boot = _machine()
    return Owner(
        host=host,
        who=_who(),
        run=run,
        pid=os.getpid(),
        place=place,
        boot=boot,
        since=now,
        expires=now + seconds,
    )


@functools.cache  # a directory service may be asked for it, and each host has a lock
def _who() -> str:
    """Whose process this is, for people."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


@functools.cache  # it stays the same as long as this process runs
def _machine() -> tuple[str, str]:
    """What tells this machine, and the time since its start, from others; empty where nothing does."""
    told = {"/etc/machine-id": "", "/proc/sys/kernel/random/boot_id": ""}
    for file in told:
        with contextlib.suppress(OSError):
            told[file] = Path(file).read_text().strip()
    machine, boot = told.values()
    if not machine or not boot:
        return "", ""
    space = ""  # process ids mean something else in another container
    with contextlib.suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    names = f"{machine}\n{space}\n{socket.gethostname()}"
    return hashlib.sha256(names.encode()).hexdigest()[:16], boot[:8]


def owner_of(line: str) -> Owner | None:
    """The owner of whom `Owner.line` tells; None if no run wrote it."""
    try:
        token, expires, since, host = line.split()
        run, pid, place, boot, who = (unquote(word) for word in token.split(":"))
        numbers = {"pid": int(pid), "since": int(since), "expires": int(expires)}
        return Owner(host=unquote(host), who=who, run=run, place=place, boot=boot, **numbers)
    except ValueError:
        return None


def moment(seconds: int) -> str:
    """A time that an owner's line tells, in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):  # whoever may write there may write anything
        return f"second {seconds}"
