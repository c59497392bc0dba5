"""Which runs are under way: each holds a byte of one file, which the system lets go of when its process ends.

No number of a process is kept, which another one might have by now, and nothing has to be cleaned up.
"""

import fcntl
import os
from pathlib import Path

from remediate.store.database import explained

_FILE = "running"


class Alive:
    """The runs of this process in the store of a directory; to close it is to let go of them."""

    def __init__(self, directory: Path) -> None:
        """Hold none yet.

        Raises:
            UsageError: if the file cannot be made.
        """
        path = directory / _FILE
        with explained(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def hold(self, run: int) -> bool:
        """Hold a run; False if another process does.

        Raises:
            OSError: if the file system knows no locks.
        """
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, run)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go of all."""
        os.close(self._file)
