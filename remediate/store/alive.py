"""What is under way: each run holds a byte of one file, which the system lets go of when its process ends.

No number of a process is kept, which another one might have by now, and nothing has to be cleaned up.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from remediate.store.database import explained

_FILE = "running"

DELIVERING = "delivering"
"""The file of deliveries that are under way."""


class Alive:
    """What this process holds in the store of a directory, runs or deliveries; to close it is to let go."""

    def __init__(self, directory: Path, file: str = _FILE) -> None:
        """Hold none yet.

        Raises:
            UsageError: if the file cannot be made.
        """
        path = directory / file
        with explained(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def hold(self, number: int) -> bool:
        """Hold what has this number; False if another process does.

        Raises:
            OSError: if the file system knows no locks.
        """
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go of all."""
        os.close(self._file)


def under_way(directory: Path, runs: Iterable[int]) -> frozenset[int]:
    """Which of these runs a process is at work on; not to be asked by one that holds a run itself.

    Raises:
        UsageError: the file cannot be read, or the file system knows no locks.
    """
    path = directory / _FILE
    if not path.exists():
        return frozenset()
    with explained(path), path.open("rb") as file:
        return frozenset(run for run in runs if _is_held(file.fileno(), run))


def _is_held(file: int, run: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, run)
    except BlockingIOError:
        return True
    fcntl.lockf(file, fcntl.LOCK_UN, 1, run)
    return False
