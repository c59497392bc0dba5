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
    """Make a directory, a link to `src`, or nothing be there, or give what is there mode and owner.

    A directory is made with all that are missing above it, and all that are made get its mode and owner.
    `absent` removes it with all that is in it. `state: file` is only for files; without `state`, a directory
    that is there will do as well.
    """

    path: Path
    state: Literal["file", "directory", "link", "absent"] | None = None
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
            case "file" | None:
                return self._there(state, status)

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
        if status.kind == "absent":
            above = {parent: state.of(FileStatus(parent)).kind for parent in _parents(self.path)}
            for parent, kind in above.items():
                if kind in ("file", "other") or (kind == "link" and kind_behind(state, parent) == "absent"):
                    raise TaskFailed(f"{parent} is a {kind}, no directory")
            missing = [self.path, *(parent for parent, kind in above.items() if kind == "absent")]
            made = NEW_DIRECTORY_MODE if self.mode is None else self.mode
            yield from (MakeDirectory(path=path, mode=made) for path in reversed(missing))
            status = PathStatus(kind="directory", mode=made, owner="?", group="?", uid="?", gid="?")
            # The lowest first: who owns the one above could put a link to somewhere else in its place.
            for path in missing:
                yield from attributes(state, path, status, wanted=self, new=True)
        else:
            yield from attributes(state, self.path, status, wanted=self)

    def _there(self, state: HostView, status: PathStatus) -> Iterable[Effect]:
        if status.kind == "absent":
            raise TaskFailed(
                f"{self.path} is not there",
                cure="'state: directory' makes a directory; use copy or template for a file",
            )
        if status.kind == "directory" and self.state == "file":
            raise TaskFailed(
                f"{self.path} is a directory, no file", cure="write 'state: directory', or leave 'state' out"
            )
        if status.kind == "link":
            raise TaskFailed(f"{self.path} is a link", cure="name the file it points to")
        yield from attributes(state, self.path, status, wanted=self)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Path and state."""
        return {"path": self.path, "state": self.state or _kind(state, self.path)}


def _kind(state: HostView, path: str) -> str:
    return "directory" if state.of(FileStatus(path)).kind == "directory" else "file"


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
