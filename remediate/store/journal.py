"""The journal: each change is on the disk before it is sent, and its outcome after.

One file of JSON lines a run. A line that says what is going to be done and has no second line after it is a
change of which nobody knows whether it was made: what to look at after a crash.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from remediate.errors import TaskFailed, UsageError
from remediate.secrecy import Redactor


class Journal(Protocol):
    """Where intents and outcomes go. Used by many threads."""

    def intend(self, host: str, task: str, change: str) -> int:
        """Write down what is going to be sent; gives the number that `conclude` refers to.

        Raises:
            TaskFailed: if it cannot be written down; then it must not be sent.
        """

    def conclude(self, intent: int, outcome: str) -> None:
        """Write down how it ended."""

    def close(self) -> None:
        """The run is over."""


class NoJournal:
    """For runs that send nothing: a dry run keeps no journal, and an intent in one is a defect."""

    def intend(self, host: str, task: str, change: str) -> int:
        """Refuse.

        Raises:
            AssertionError: always.
        """
        raise AssertionError(f"a change was about to be sent in a dry run: {host}: {task}: {change}")

    def conclude(self, intent: int, outcome: str) -> None:
        """Nothing was intended, so nothing ends."""

    def close(self) -> None:
        """Nothing to close."""


class FileJournal:
    """A journal in one file, forced to the disk before an effect is sent."""

    def __init__(self, directory: Path, redactor: Redactor) -> None:
        """Open a new file in `directory`, which is made if it is missing.

        Raises:
            UsageError: if it cannot be written; nothing is sent without a journal.
        """
        name = time.strftime("%Y%m%dT%H%M%S") + f"-{os.getpid()}.jsonl"
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            raise UsageError(
                f"the journal cannot be written: {directory}: {error.strerror}",
                cure="name a directory that can be written: --state-dir",
            ) from None
        self.path = directory / name
        self._redactor = redactor
        self._file: IO[bytes] = os.fdopen(descriptor, "ab")
        self._lock = threading.Lock()
        self._count = 0

    def intend(self, host: str, task: str, change: str) -> int:
        """See Journal."""
        change = self._redactor.redact(change)
        with self._lock:
            self._count += 1
            number = self._count
            try:
                self._write({"intent": number, "host": host, "task": task, "change": change})
                # Under the lock, so that a line that another thread wrote meanwhile is on the disk as well.
                os.fsync(self._file.fileno())
            except OSError as error:
                raise TaskFailed(
                    f"not done: the journal {self.path} cannot be written: {error.strerror}",
                    cure="make room there, or name another directory: --state-dir",
                ) from None
        return number

    def conclude(self, intent: int, outcome: str) -> None:
        """See Journal."""
        with self._lock:
            self._write({"intent": intent, "outcome": outcome})

    def close(self) -> None:
        """Close the file; an empty one is removed."""
        with self._lock:
            self._file.close()
            if self._count == 0:
                self.path.unlink(missing_ok=True)

    def _write(self, record: Mapping[str, Any]) -> None:
        stamped = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **record}
        self._file.write(json.dumps(stamped).encode() + b"\n")
        self._file.flush()
