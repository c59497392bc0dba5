"""What is under way: each run holds a byte of one file, which the system lets go of when its process ends.

No number of a process is kept, which another one might have by now, and nothing has to be cleaned up.
"""

import fcntl
import os
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
