"""Orders about what is at a path: remove it, make a directory, link."""

import posixpath
from dataclasses import dataclass
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote, quote_path
from remediate.effects.base import Effect
from remediate.effects.diff import text_diff
from remediate.effects.guards import guard_kind, guard_target, guard_text, with_name
from remediate.effects.permissions import change_mode
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Kind, Listing, PathStatus, Text, is_inside


@dataclass(frozen=True, kw_only=True)
class RemovePath(Effect):
    """Remove a file, a link, or a directory with all that is in it."""

    path: str
    kind: Kind
    content: FileText | None = None

    def summary(self) -> str:
        """`remove`."""
        return f"remove {self.path}" + ("/ and all below it" if self.kind == "directory" else "")

    def diff(self) -> str:
        """The lost text if it is known, else one line."""
        if self.content is not None and self.content.content is not None:
            return text_diff(self.path, self.content, None)
        return f"- {self.kind} {self.path}\n"

    def script(self) -> str:
        """Remove what is still what it was."""
        path = quote_path(self.path)
        guard = guard_kind(self.path, self.kind)
        if self.content is not None and self.content.kind == "file":
            guard += guard_text(self.path, self.content)
        return guard + (f"rm -rf {path}" if self.kind == "directory" else f"rm -f {path}")

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Nothing will be at or below the path."""
        match fact:
            case Text(path) if is_inside(path, self.path):
                return Known(FileText(kind="absent"))
            case FileStatus(path) if is_inside(path, self.path):
                return Known(PathStatus(kind="absent"))
            case Listing(path) if is_inside(path, self.path):
                return Known(None)
            case Listing(path) if path == posixpath.dirname(self.path):
                match answer:
                    case Known(tuple() as names):
                        gone = posixpath.basename(self.path)
                        return Known(tuple(name for name in names if name != gone))
        return super().foretell(fact, answer)


@dataclass(frozen=True, kw_only=True)
class MakeDirectory(Effect):
    """Make one directory; the one above it must be there."""

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
        path = quote_path(self.path)
        return guard_kind(self.path, "absent") + f"mkdir {path} && {change_mode(self.path, self.mode)}"

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

    path: str
    target: str
    before: str | None

    def summary(self) -> str:
        """`link`."""
        return f"link {self.path} to {self.target}"

    def diff(self) -> str:
        """One line for what goes and one for what comes."""
        old = f"- link {self.path} -> {self.before}\n" if self.before is not None else ""
        return old + f"+ link {self.path} -> {self.target}\n"

    def script(self) -> str:
        """`ln -s`, after the old link is out of the way: `ln -sf` would go into a linked directory."""
        path = quote_path(self.path)
        guard = guard_kind(self.path, "absent" if self.before is None else "link")
        if self.before is not None:
            guard += guard_target(self.path, self.before)
        clear = "" if self.before is None else f"rm -f {path} && "
        # The target is kept as it is given, so a dash at its beginning cannot be hidden behind `./`.
        options_end = "-- " if self.target.startswith("-") else ""
        return guard + f"{clear}ln -s {options_end}{quote(self.target)} {path}"

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """A link will be there; what is behind it, only the host knows."""
        match fact:
            case FileStatus(path) if path == self.path:
                why = Unknown(self.summary())
                return Known(
                    PathStatus(
                        kind="link",
                        target=self.target,
                        mode=why,
                        owner=why,
                        group=why,
                        uid=why,
                        gid=why,
                    )
                )
            case Listing(path) if path == posixpath.dirname(self.path):
                return with_name(answer, posixpath.basename(self.path))
        return super().foretell(fact, answer)
