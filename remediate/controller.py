"""What a run reads of the machine it is started on: files that the playbook names, and the environment.

`ThisMachine` reads them where they are, `Recorder` remembers what was read, and `Recorded` gives it again
where the files may be gone or changed since.
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Controller(Protocol):
    """The source of files and environment variables. Many threads use one."""

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file; False also for what cannot be a path."""

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
    """What was recorded; nothing else is there.

    `elsewhere` are files that are there and whose content was not recorded.
    """

    files: Mapping[str, bytes]
    elsewhere: frozenset[str]
    environment: Mapping[str, str | None]

    def is_file(self, path: str) -> bool:
        """See Controller."""
        return self._key(path) in self.files or path in self.elsewhere

    def read(self, path: str) -> bytes:
        """See Controller."""
        key = self._key(path)
        if key not in self.files:
            raise FileNotFoundError(errno.ENOENT, "it is not in the plan", path)
        return self.files[key]

    def variable(self, name: str) -> str | None:
        """See Controller."""
        return self.environment.get(name)

    def _key(self, path: str) -> str:
        return path if path in self.files else os.path.normpath(path)
