"""The schedules of a state directory: a file each, and a lock each that is held while it runs."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from remediate.errors import Place, UsageError
from remediate.schedule.schedule import CUT_OFF, UNDER_WAY, Schedule, from_json, refuse_name, to_json

_FOLDER = "schedules"


class Schedules:
    """What is kept in `STATE/schedules`; `NAME.json` is the schedule, `NAME.log` what its last run said."""

    def __init__(self, state: Path) -> None:
        """Look there; nothing is made yet."""
        self.state = real(state)  # one name for it, by whatever links it is reached
        self._folder = self.state / _FOLDER

    def all(self) -> tuple[tuple[Schedule, ...], tuple[UsageError, ...]]:
        """Every schedule, by name; and what is wrong with the files that cannot be read, or are damaged."""
        found: list[Schedule] = []
        wrong: list[UsageError] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(self._read(path))
            except UsageError as error:
                wrong.append(error)
        return tuple(found), tuple(wrong)

    def find(self, name: str) -> Schedule | None:
        """The schedule of a name, if there is one.

        Raises:
            UsageError: this is no name, or its file is damaged.
        """
        refuse_name(name)
        path = self._path(name, "json")
        return self._read(path) if path.exists() else None

    def get(self, name: str) -> Schedule:
        """The schedule of a name.

        Raises:
            UsageError: there is none, or its file is damaged.
        """
        found = self.find(name)
        if found is None:
            raise UsageError(
                f"there is no schedule '{name}' in {self.state}",
                cure="see 'remediate schedule list'; --state-dir names another directory",
            )
        return found

    def seen(self, schedule: Schedule) -> Schedule:
        """The schedule as it is to be shown: whether a run that has not ended is under way, or was cut off.

        Raises:
            UsageError: its lock cannot be looked at.
        """
        if schedule.last is None or schedule.last.outcome != UNDER_WAY:
            return schedule
        with self.lock(schedule.name) as lock:
            outcome = "under way" if lock is None else CUT_OFF
        return replace(schedule, last=replace(schedule.last, outcome=outcome))

    def keep(self, schedule: Schedule) -> None:
        """Write it down, whole or not at all.

        Raises:
            UsageError: it cannot be written.
        """
        text = json.dumps(to_json(schedule), indent=2, ensure_ascii=False)
        self._write(self._path(schedule.name, "json"), f"{text}\n")

    def _write(self, path: Path, text: str) -> None:
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        with _explained(path):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)

    def drop(self, name: str) -> None:
        """Forget it, with what its last run said; and the lock, if nobody holds it.

        Raises:
            UsageError: a file cannot be removed.
        """
        with _explained(self._folder):
            for kind in ("json", "hosts", "log"):
                self._path(name, kind).unlink(missing_ok=True)
            with self.lock(name):  # whoever lets go of it last removes it
                pass

    def hosts_file(self, name: str) -> Path:
        """Where the hosts of one that a run has booked are, each on a line."""
        return self._path(name, "hosts")

    def hosts(self, name: str) -> tuple[str, ...]:
        """The hosts of one that a run has booked; none if it has booked none.

        Raises:
            UsageError: they cannot be read.
        """
        path = self.hosts_file(name)
        with _explained(path):
            return tuple(path.read_text("utf-8").splitlines()) if path.exists() else ()

    def keep_hosts(self, name: str, hosts: Sequence[str]) -> None:
        """Write down the hosts of one that a run has booked.

        Raises:
            UsageError: they cannot be written.
        """
        self._write(self.hosts_file(name), "".join(f"{host}\n" for host in hosts))

    def log(self, name: str) -> Path:
        """Where the output of its last run is, if a timer began it."""
        return self._path(name, "log")

    @contextmanager
    def lock(self, name: str) -> Iterator[int | None]:
        """Hold the lock of a schedule, as a file that children may inherit; None: somebody else does.

        The system lets go of it when the last process that has the file open has ended.

        Raises:
            UsageError: there can be no lock.
        """
        path = self._path(name, "lock")
        with _explained(path):
            file = _locked(path)
        try:
            yield file
        finally:
            if file is not None:
                if not self._path(name, "json").exists():
                    path.unlink(missing_ok=True)
                    with suppress(OSError):  # other schedules are there
                        self._folder.rmdir()
                os.close(file)

    def _path(self, name: str, kind: str) -> Path:
        return self._folder / f"{name}.{kind}"

    def _read(self, path: Path) -> Schedule:
        with _explained(path):
            text = path.read_bytes()
        try:
            return from_json(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"is damaged: {error!r}",
                where=Place(str(path)),
                cure="take the file away, and add the schedule again; then it can be removed, too",
            ) from None


def real(path: Path) -> Path:
    """A path without links, as far as they lead anywhere."""
    return Path(os.path.realpath(path))  # resolve() raises where links lead in a circle


def _locked(path: Path) -> int | None:
    if not path.parent.exists():
        return None
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        if path.exists() and path.stat().st_ino == os.fstat(file).st_ino:
            return file
        os.close(file)  # it was removed while it was opened


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.strerror}",
            where=Place(str(path)),
            cure="name a directory that you may write: --state-dir",
        ) from None
