"""file: that something is, or is not, at a path, and with which mode and owner."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory, RemoveDirectory, removal
from remediate.errors import TaskFailed, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, Listing, PathStatus, Text
from remediate.modules.attributes import accounts_of, any_wanted, attributes
from remediate.modules.base import HostView, Module
from remediate.modules.content import kind_behind
from remediate.modules.types import Mode, Path, Word
from remediate.records import dataclass

NEW_DIRECTORY_MODE = 0o755
"""The mode of a new directory whose task names none."""


@dataclass(frozen=True, kw_only=True)
class File(Module):
    """Keep a file's attributes (`state: file`), or make a directory, a link to `src`, or nothing be there.

    A directory is made with all that are missing above it; `absent` removes it with all that is in it.
    """

    path: Path
    state: Literal["file", "directory", "link", "absent"] = "file"
    src: Word | None = None
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for a link without `src`, `src` without a link, or the removal of the root.
        """
        if (self.state == "link") != (self.src is not None):
            raise ValueError("'src' goes with 'state: link', and only with it")
        if self.state in ("link", "absent") and any_wanted(self):
            raise ValueError(f"'state: {self.state}' takes no mode, owner or group")
        if self.state == "absent" and self.path == "/":
            raise ValueError("the root directory cannot be removed")

    def probe(self) -> Iterable[Fact[Any]]:
        """The status of the path, whom it is to belong to, and what will be lost if it may be removed."""
        yield FileStatus(self.path)
        yield from accounts_of(self)
        if self.state == "absent":
            yield Text(self.path)
            yield Listing(self.path)
        if self.state == "directory":
            yield from (FileStatus(parent) for parent in _parents(self.path))

    def decide(self, state: HostView) -> Iterable[Effect]:
        """What is needed for the state.

        Raises:
            TaskFailed: if something of another kind is in the way.
        """
        status = state.of(FileStatus(self.path))
        match self.state:
            case "absent":
                return self._absent(state, status)
            case "link":
                return self._link(status)
            case "directory":
                return self._directory(state, status)
            case "file":
                return self._file(state, status)

    def _absent(self, state: HostView, status: PathStatus) -> Iterable[Effect]:
        if status.kind == "directory" and _is_empty(state, self.path):
            yield RemoveDirectory(path=self.path, was=status)
        elif status.kind != "absent":
            content = state.of(Text(self.path)) if status.kind == "file" else None
            yield removal(self.path, status, content)

    def _link(self, status: PathStatus) -> Iterable[Effect]:
        if status.kind not in ("absent", "link"):
            raise TaskFailed(
                f"{self.path} is a {status.kind}, no link", cure="remove it first: state: absent"
            )
        if status.kind == "absent" or status.target != self.src:
            before = status.target if status.kind == "link" else None
            yield Link(path=self.path, target=self.src or "", before=before, was=status if before else None)

    def _directory(self, state: HostView, status: PathStatus) -> Iterable[Effect]:
        if status.kind == "link":
            raise TaskFailed(f"{self.path} is a link", cure="name the directory it points to")
        if status.kind not in ("absent", "directory"):
            raise TaskFailed(f"{self.path} is a {status.kind}, no directory")
        new = status.kind == "absent"
        if new:
            above = {parent: state.of(FileStatus(parent)).kind for parent in _parents(self.path)}
            for parent, kind in above.items():
                if kind in ("file", "other") or (kind == "link" and kind_behind(state, parent) == "absent"):
                    raise TaskFailed(f"{parent} is a {kind}, no directory")
            missing = [parent for parent, kind in above.items() if kind == "absent"]
            yield from (MakeDirectory(path=parent) for parent in reversed(missing))
            made = NEW_DIRECTORY_MODE if self.mode is None else self.mode
            yield MakeDirectory(path=self.path, mode=made)
            status = PathStatus(kind="directory", mode=made, owner="?", group="?", uid="?", gid="?")
        yield from attributes(state, self.path, status, wanted=self, new=new)

    def _file(self, state: HostView, status: PathStatus) -> Iterable[Effect]:
        if status.kind == "absent":
            raise TaskFailed(
                f"{self.path} is not there", cure="'state: file' makes none; use copy or template"
            )
        if status.kind == "link":
            raise TaskFailed(f"{self.path} is a link", cure="name the file it points to")
        yield from attributes(state, self.path, status, wanted=self)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Path and state."""
        return {"path": self.path, "state": self.state}


def _is_empty(state: HostView, path: str) -> bool:
    """Whether a directory is known to be empty; what cannot be read, or foretold, may hold anything."""
    try:
        return state.of(Listing(path)) == ()
    except (TaskFailed, UnknownUntilApplied):
        return False


def _parents(path: str) -> Iterable[str]:
    """The directories above, nearest first, without the root."""
    parent = posixpath.dirname(path)
    while parent not in ("/", ""):
        yield parent
        parent = posixpath.dirname(parent)
