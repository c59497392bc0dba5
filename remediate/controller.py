"""What a run reads of the machine it is started on: files that the playbook names, and the environment.

`ThisMachine` reads them where they are, `Recorder` remembers what was read, and `Recorded` gives it again
where the files may be gone or changed since.
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol

from remediate.records import dataclass


class Controller(Protocol):
    """The source of files and environment variables. Many threads use one."""

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file; False also for what cannot be a path."""

    def size(self, path: str) -> int:
        """How many bytes a file holds.

        Raises:
            OSError: if it cannot be told.
        """

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: if it cannot be read.
            ValueError: if this cannot be a path.
        """

    def variable(self, name: str) -> str | None:
        """A variable of the environment; None if it is not set."""


@dataclass(frozen=True)
class ThisMachine:
    """The machine itself, at this moment."""

    def is_file(self, path: str) -> bool:
        """See Controller."""
        return os.path.isfile(path)  # noqa: PTH113 - says no, and does not raise, where the path cannot be one

    def size(self, path: str) -> int:
        """See Controller."""
        return Path(path).stat().st_size

    def read(self, path: str) -> bytes:
        """See Controller."""
        return Path(path).read_bytes()

    def variable(self, name: str) -> str | None:
        """See Controller."""
        return os.environ.get(name)


THIS_MACHINE = ThisMachine()


@dataclass(frozen=True)
class Recorder:
    """The machine itself, and a record of what was asked of it."""

    files: dict[str, bytes] = field(default_factory=dict)
    found: dict[str, None] = field(default_factory=dict)
    """Files that are there, in the order asked; those that are not among `files` were never read here."""
    environment: dict[str, str | None] = field(default_factory=dict)

    def is_file(self, path: str) -> bool:
        """See Controller."""
        there = THIS_MACHINE.is_file(path)
        if there:
            self.found[path] = None
        return there

    def size(self, path: str) -> int:
        """See Controller."""
        return len(self.files[path]) if path in self.files else THIS_MACHINE.size(path)

    def read(self, path: str) -> bytes:
        """See Controller. A file is read once: all hosts see the same."""
        if path not in self.files:
            self.files[path] = THIS_MACHINE.read(path)
        return self.files[path]

    def variable(self, name: str) -> str | None:
        """See Controller."""
        return self.environment.setdefault(name, THIS_MACHINE.variable(name))


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What was recorded.

    `elsewhere` are files that are there and whose content was not recorded. What is `beyond` the record is
    looked up there; None: nothing else is there.
    """

    files: Mapping[str, bytes]
    elsewhere: frozenset[str]
    environment: Mapping[str, str | None]
    beyond: Controller | None = None

    def is_file(self, path: str) -> bool:
        """See Controller."""
        recorded = self._key(path) in self.files or path in self.elsewhere
        return recorded or (self.beyond is not None and self.beyond.is_file(path))

    def size(self, path: str) -> int:
        """See Controller."""
        key = self._key(path)
        if key not in self.files and self.beyond is not None:
            return self.beyond.size(path)
        return len(self.read(path))

    def read(self, path: str) -> bytes:
        """See Controller."""
        key = self._key(path)
        if key in self.files:
            return self.files[key]
        if self.beyond is not None:
            return self.beyond.read(path)
        raise FileNotFoundError(errno.ENOENT, "it is not in the plan", path)

    def variable(self, name: str) -> str | None:
        """See Controller."""
        if name in self.environment or self.beyond is None:
            return self.environment.get(name)
        return self.beyond.variable(name)

    def _key(self, path: str) -> str:
        return path if path in self.files else os.path.normpath(path)
