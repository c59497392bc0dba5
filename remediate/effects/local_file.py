"""A file on the controller that goes to hosts whole: measured once, and streamed."""

import hashlib
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from remediate.errors import TaskFailed
from remediate.facts.cksum import Cksum
from remediate.records import dataclass

_PIECE = 64 * 1024
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """A local file as it was when it was measured."""

    path: str
    size: int
    sha256: str
    cksum: int

    def pieces(self) -> Iterator[bytes]:
        """The content, read anew.

        Raises:
            TaskFailed: in place of the last piece, if the file is no longer what was measured.
        """
        summed, left = hashlib.sha256(), self.size
        try:
            with Path(self.path).open("rb") as file:
                while piece := file.read(min(_PIECE, left)):
                    summed.update(piece)
                    left -= len(piece)
                    if left == 0 and summed.hexdigest() != self.sha256:
                        raise self._changed()
                    yield piece
        except OSError as error:
            raise TaskFailed(f"{self.path} cannot be read: {error.strerror}") from None
        if left:
            raise self._changed()

    def _changed(self) -> TaskFailed:
        return TaskFailed(
            f"{self.path} on the controller changed while it was sent",
            cure="see who writes it, and run again",
        )


def measure(path: Path) -> LocalFile:
    """Read a file through and sum it.

    Raises:
        TaskFailed: if it cannot be read.
    """
    try:
        status = path.stat()
        with _ONE_AT_A_TIME:  # so that hosts that want the same file wait for one reading of it
            return _measured(str(path), status.st_ino, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise TaskFailed(f"{path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=16)
def _measured(path: str, *_state: int) -> LocalFile:
    # Kept for the other hosts: a file that changes unseen is found out when it is sent.
    summed, sums = hashlib.sha256(), Cksum()
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE):
            summed.update(piece)
            sums.update(piece)
    return LocalFile(path=path, size=sums.size, sha256=summed.hexdigest(), cksum=sums.value())
