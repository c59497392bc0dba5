"""Timers of systemd: two units a schedule, of a user or of the system."""

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from remediate.errors import Place, UsageError
from remediate.records import dataclass
from remediate.schedule.oncalendar import calendar_lines
from remediate.schedule.schedule import Schedule
from remediate.schedule.tools import run_tool

_GRACE_SECONDS = 60
"""What systemd waits beyond a schedule's own deadline before it ends the run itself."""
_SYSTEM_DIRECTORY = Path("/etc/systemd/system")
_LINGER = Path("/var/lib/systemd/linger")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose units: the words that `systemctl` needs, and whether they are the whole system's."""

    words: tuple[str, ...]
    system: bool

    @property
    def directory(self) -> Path:
        """Where the units are looked for (systemd.unit(5))."""
        if self.system:
            return _SYSTEM_DIRECTORY
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        return Path(base) / "systemd" / "user"


USER = Scope(words=("--user",), system=False)
SYSTEM = Scope(words=(), system=True)


@dataclass(frozen=True, kw_only=True)
class Units:
    """The units of one scope; see `Timer`."""

    scope: Scope

    def write(self, schedule: Schedule, command: tuple[str, ...]) -> None:
        """See Timer."""
        texts = self._texts(schedule, command)
        self._refuse_those_of_others(texts, command)
        before = {path: path.read_bytes() if path.exists() else None for path in texts}
        made = _missing_directories(self.scope.directory)
        try:
            with _explained(self.scope.directory):
                self.scope.directory.mkdir(parents=True, exist_ok=True)
                for path, text in texts.items():
                    path.write_text(text, encoding="utf-8")
            self._systemctl("daemon-reload")
            self._systemctl("enable", _timer_name(schedule))
            self._systemctl("restart", _timer_name(schedule))  # also one that ran by other times
        except BaseException:
            self._put_back(schedule, before, made)
            raise

    def remove(self, schedule: Schedule) -> None:
        """See Timer."""
        paths = [path for path in self._paths(schedule) if path.exists()]
        if not paths:
            return
        self._systemctl("disable", "--now", _timer_name(schedule))
        # What systemd remembers of its last run (Persistent=), which is no loss if it stays.
        self._systemctl("clean", "--what=state", _timer_name(schedule), needed=False)
        with _explained(self.scope.directory):
            for path in paths:
                path.unlink()
        self._systemctl("daemon-reload")

    def shown(self, schedule: Schedule) -> str:
        """See Timer."""
        with _explained(self.scope.directory):
            found = [(path, path.read_text("utf-8")) for path in self._paths(schedule) if path.exists()]
        return "\n".join(f"# {path}\n{text}" for path, text in found)

    def warnings(self) -> tuple[str, ...]:
        """See Timer."""
        user = getpass.getuser()
        if self.scope.system or (_LINGER / user).exists():
            return ()
        return (
            f"systemd runs the timers of {user} only while {user} is logged in: 'loginctl enable-linger' has "
            "them run always",
        )

    def _paths(self, schedule: Schedule) -> tuple[Path, Path]:
        stem = _stem(schedule)
        return self.scope.directory / f"{stem}.service", self.scope.directory / f"{stem}.timer"

    def _texts(self, schedule: Schedule, command: Sequence[str]) -> Mapping[Path, str]:
        service, timer = self._paths(schedule)
        return {
            service: service_text(schedule, command, system=self.scope.system),
            timer: timer_text(schedule, datetime.now(UTC)),
        }

    def _refuse_those_of_others(self, texts: Mapping[Path, str], command: Sequence[str]) -> None:
        for path in texts:
            if path.suffix == ".service" and path.exists():
                with _explained(path):
                    ours = exec_line(command) in path.read_text("utf-8", "replace").splitlines()
                if not ours:
                    raise UsageError(
                        "is there already, of another state directory or by another hand",
                        where=Place(str(path)),
                        cure="take another name, or remove that one first",
                    )

    def _put_back(
        self, schedule: Schedule, before: Mapping[Path, bytes | None], made: Sequence[Path]
    ) -> None:
        there = any(content is not None for content in before.values())
        if not there:
            self._systemctl("disable", "--now", _timer_name(schedule), needed=False)
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        with suppress(OSError):  # one that was not made, or holds something of others by now
            for directory in made:
                directory.rmdir()
        self._systemctl("daemon-reload", needed=False)
        if there:
            self._systemctl("restart", _timer_name(schedule), needed=False)

    def _systemctl(self, *words: str, needed: bool = True) -> None:
        ran = run_tool(("systemctl", *self.scope.words, *words))
        if needed and ran.code != 0:
            cure = "log in as the user himself, or take --system (as root) or --with cron"
            raise UsageError(
                f"systemctl {' '.join((*self.scope.words, *words))}: {ran.said or f'exit code {ran.code}'}",
                cure="only root may; without --system it is yours" if self.scope.system else cure,
            )


def service_text(schedule: Schedule, command: Sequence[str], *, system: bool) -> str:
    """The unit that runs a schedule once."""
    network = "Wants=network-online.target\nAfter=network-online.target\n" if system else ""
    user = f"User={getpass.getuser()}\n" if system else ""
    seconds = int(schedule.deadline.total_seconds()) + _GRACE_SECONDS
    return (
        f"[Unit]\nDescription=remediate: the re-check {schedule.name}\n{network}\n"
        f"[Service]\nType=oneshot\n{user}{exec_line(command)}\n"
        # A host that has drifted or is down is what was looked for: the unit has not failed.
        f"SuccessExitStatus=2 4\nTimeoutStartSec={seconds}\n"
    )


def timer_text(schedule: Schedule, now: datetime) -> str:
    """The unit that calls it: what was missed while the machine was off is made up for once."""
    lines = "".join(f"OnCalendar={line}\n" for line in calendar_lines(schedule.when, now))
    jitter = int(schedule.jitter.total_seconds())
    delay = f"RandomizedDelaySec={jitter}\n" if jitter else ""
    return (
        f"[Unit]\nDescription=remediate: the re-check {schedule.name}, {schedule.when}\n\n"
        f"[Timer]\n{lines}Persistent=true\n{delay}\n[Install]\nWantedBy=timers.target\n"
    )


def exec_line(command: Sequence[str]) -> str:
    """The line that names the command, so that systemd takes its words as they are (systemd.service(5))."""
    return "ExecStart=" + " ".join(_quoted(word) for word in command)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _stem(schedule: Schedule) -> str:
    return f"remediate-{schedule.name}"


def _timer_name(schedule: Schedule) -> str:
    return f"{_stem(schedule)}.timer"


def _missing_directories(directory: Path) -> list[Path]:
    return [each for each in (directory, *directory.parents) if not each.exists()]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.strerror}", where=Place(str(path)), cure="see that you may write there"
        ) from None
