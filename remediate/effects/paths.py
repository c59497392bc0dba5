"""Orders about what is at a path: remove it, make a directory, link."""

import posixpath
from dataclasses import field
from typing import Any, ClassVar

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote, quote_path
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.guards import (
    APPEARED,
    foretell_gone,
    guard_empty,
    guard_kind,
    guard_target,
    refuse,
    with_name,
)
from remediate.effects.left import (
    OPEN,
    PRIVATE_DIRECTORY,
    any_status,
    has_status,
    is_empty,
)
from remediate.effects.permissions import (
    change_mode,
    change_owner,
    own_again,
    owned,
    owner_of,
    set_group_bit,
)
from remediate.effects.write import RemoveFile
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Kind, Listing, PathStatus, Text, is_inside
from remediate.records import dataclass


def removal(path: str, was: PathStatus, content: FileText | None) -> Effect:
    """What removes a path of this status; `content` is a file's."""
    if was.kind == "file":
        return RemoveFile(path=path, content=content, was=was)
    return RemovePath(path=path, kind=was.kind, was=was)


@dataclass(frozen=True, kw_only=True)
class RemovePath(Effect):
    """Remove a link, a directory with all that is in it, or something else that is no file."""

    path: str
    kind: Kind
    was: PathStatus | None = field(default=None, compare=False)
    """The status of the path before."""

    def summary(self) -> str:
        """`remove`."""
        return f"remove {self.path}" + ("/ and all below it" if self.kind == "directory" else "")

    def diff(self) -> str:
        """One line."""
        return f"- {self.kind} {self.path}\n"

    def script(self) -> str:
        """Remove what is still what it was."""
        path = quote_path(self.path)
        guard = guard_kind(self.path, self.kind)
        if self.kind == "link" and self.was is not None and self.was.target:
            guard += guard_target(self.path, self.was.target)
        return guard + (f"rm -rf {path}" if self.kind == "directory" else f"rm -f {path}")

    def undo(self) -> Undo | NoUndo:
        """The link again, as it was."""
        was = self.was
        if self.kind == "directory":
            return NoUndo(why=f"what is in {self.path} is not kept")
        if self.kind != "link":
            return NoUndo(why=f"{self.path} is no file, link or directory, and is not made anew")
        if was is None or not isinstance(was.target, str) or not was.target:
            return NoUndo(why=f"where {self.path} points is not known")
        owner, group = owner_of(was)
        link = Link(path=self.path, target=was.target, before=None, owner=owner, group=group)
        return Undo(effects=(link,), guards=(has_status(self.path, PathStatus(kind="absent")),))

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Nothing will be at or below the path."""
        gone = foretell_gone(self.path, fact, answer)
        return super().foretell(fact, answer) if gone is None else gone


@dataclass(frozen=True, kw_only=True)
class RemoveDirectory(RemovePath):
    """Remove a directory that is empty; one with something in it is left as it is."""

    joins: ClassVar[bool] = True

    kind: Kind = "directory"

    def summary(self) -> str:
        """`remove`, and that it is empty."""
        return f"remove the empty directory {self.path}"

    def script(self) -> str:
        """`rmdir` is its own guard; that something has come into the directory is told beforehand."""
        return f'{guard_kind(self.path, "directory")}{guard_empty(self.path)}rmdir "$p"'

    def undo(self) -> Undo | NoUndo:
        """The directory again, as it was."""
        if self.was is None or not isinstance(self.was.mode, int):
            return NoUndo(why=f"which mode {self.path} has is known only when it is applied")
        made = MakeDirectory(path=self.path, mode=PRIVATE_DIRECTORY)
        effects = (made, *own_again(self.path, self.was, PRIVATE_DIRECTORY))
        return Undo(effects=effects, guards=(has_status(self.path, PathStatus(kind="absent")),))


@dataclass(frozen=True, kw_only=True)
class MakeDirectory(Effect):
    """Make one directory; the one above it must be there."""

    joins: ClassVar[bool] = True

    path: str
    mode: int = 0o755

    def summary(self) -> str:
        """`make directory`."""
        return f"make directory {self.path}"

    def diff(self) -> str:
        """One line."""
        return f"+ directory {self.path} mode {self.mode:04o}\n"

    def script(self) -> str:
        """`mkdir` is its own guard: it fails if anything is there."""
        path, appeared = quote_path(self.path), refuse(APPEARED)
        # Only the plain bits: what `mkdir` makes of the others, no two systems agree on.
        special = self.mode & 0o7000
        set_mode = change_mode(self.path, self.mode) if special else set_group_bit(self.path, on=False)
        return (
            f"if test -f {path} || test -d {path} || test -h {path}; then {appeared}; fi\n"
            f"mkdir -m {self.mode & 0o777:04o} {path} || "
            f"{{ if ls -d {path} >/dev/null 2>&1; then {appeared}; fi; exit 1; }}\n{set_mode}"
        )

    def undo(self) -> Undo:
        """It goes, if nothing is in it."""
        left = any_status(kind="directory", mode=self.mode)
        gone = RemoveDirectory(path=self.path, was=left)
        return Undo(effects=(gone,), guards=(has_status(self.path, left), is_empty(self.path)))

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """An empty directory will be there."""
        match fact:
            case FileStatus(path) if path == self.path:
                why = Unknown(self.summary())
                return Known(
                    PathStatus(kind="directory", mode=self.mode, owner=why, group=why, uid=why, gid=why)
                )
            case Text(path) if path == self.path:
                return Known(FileText(kind="other"))
            case Listing(path) if path == self.path:
                return Known(())
            case Listing(path) if path == posixpath.dirname(self.path):
                return with_name(answer, posixpath.basename(self.path))
            case Text(path) | FileStatus(path) | Listing(path) if is_inside(path, self.path):
                return answer  # nothing was there, and nothing is in a new directory
        return super().foretell(fact, answer)


@dataclass(frozen=True, kw_only=True)
class Link(Effect):
    """Make a symbolic link, in place of another link if there is one."""

    joins: ClassVar[bool] = True

    path: str
    target: str
    before: str | None
    owner: str | None = None
    group: str | None = None
    """Names or numbers; None: as the host makes it."""
    was: PathStatus | None = field(default=None, compare=False)
    """The status of the link before."""

    def summary(self) -> str:
        """`link`."""
        return f"link {self.path} to {self.target}"

    def diff(self) -> str:
        """One line for what goes and one for what comes."""
        old = f"- link {self.path} -> {self.before}\n" if self.before is not None else ""
        who = f"{self.owner or ''}{':' + self.group if self.group is not None else ''}"
        return old + f"+ link {self.path} -> {self.target}{' owner ' + who if who else ''}\n"

    def script(self) -> str:
        """`ln -s`, after the old link is out of the way: `ln -sf` would go into a linked directory."""
        path = quote_path(self.path)
        guard = guard_kind(self.path, "absent" if self.before is None else "link")
        if self.before is not None:
            guard += guard_target(self.path, self.before)
        clear = "" if self.before is None else f"rm -f {path} && "
        # The target is kept as it is given, so a dash at its beginning cannot be hidden behind `./`.
        options_end = "-- " if self.target.startswith("-") else ""
        made = f"{clear}ln -s {options_end}{quote(self.target)} {path} || exit 1\np={path}\n"
        return guard + made + change_owner(self.owner, self.group, of='"$p"', failed="exit 1")

    def undo(self) -> Undo:
        """The link goes, or points where it did."""
        left = owned(any_status(kind="link", target=self.target), self.owner, self.group, OPEN)
        guards = (has_status(self.path, left),)
        if self.before is None:
            return Undo(effects=(RemovePath(path=self.path, kind="link", was=left),), guards=guards)
        owner, group = (None, None) if self.was is None else owner_of(self.was)
        back = Link(
            path=self.path, target=self.before, before=self.target, owner=owner, group=group, was=left
        )
        return Undo(effects=(back,), guards=guards)

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """A link will be there; what is behind it, only the host knows."""
        match fact:
            case FileStatus(path) if path == self.path:
                why = Unknown(self.summary())
                made = PathStatus(
                    kind="link", target=self.target, mode=why, owner=why, group=why, uid=why, gid=why
                )
                return Known(owned(made, self.owner, self.group, why))
            case Listing(path) if path == posixpath.dirname(self.path):
                return with_name(answer, posixpath.basename(self.path))
        return super().foretell(fact, answer)
