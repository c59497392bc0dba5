"""Orders about a file: give it its content, remove it. Each takes back what the other does."""

import posixpath
import time
from dataclasses import field, replace
from typing import Any, ClassVar

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import encode, quote_path
from remediate.effects.arrival import Arrival
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.diff import text_diff
from remediate.effects.guards import foretell_gone, guard_kind, guard_text, with_name
from remediate.effects.left import OPEN, PRIVATE, any_status, has_status, holds
from remediate.effects.permissions import SetMode, has_set_id, own_again
from remediate.effects.staging import alone
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class WriteFile(Effect):
    """Give a file new content; owner and mode of an existing file stay, a new one gets `mode`."""

    joins: ClassVar[bool] = True

    path: str
    before: FileText
    after: str
    mode: int = 0o644
    backup: bool = False
    was: PathStatus | None = field(default=None, compare=False)
    """The status of the path before; of a link, its own. None if there was nothing."""
    decided: str = field(default_factory=lambda: time.strftime("%Y%m%d-%H%M%S"), compare=False)
    """When, by the controller's clock: what the backup is named by."""

    def summary(self) -> str:
        """`write` or `create`."""
        return f"{'create' if self.before.kind == 'absent' else 'write'} {self.path}"

    def diff(self) -> str:
        """A unified diff; for binary or very large content the sizes."""
        return text_diff(self.path, self.before, self.after)

    def arrival(self) -> Arrival:
        """What a script does for it."""
        new = self.before.kind == "absent"
        return Arrival(
            path=self.path,
            old=None if new else f"{self.before.checksum} {self.before.size}",
            after=self.after,
            mode=self.mode if new else self._old_mode(),
            kept=f"{self.decided}~" if self.backup else None,
        )

    def _old_mode(self) -> int | None:
        """The mode of the file before, as far as it is a file and the mode was told."""
        if self.was is None or self.was.kind != "file" or not isinstance(self.was.mode, int):
            return None
        return self.was.mode

    def script(self) -> str:
        """Write beside, compare that with what was meant and the file with what was read, then rename."""
        return alone(self.arrival())

    def undo(self) -> Undo | NoUndo:
        """A new file goes; another gets its old content, and the set-id bits that writing may clear."""
        after = FileText.holding(self.after)
        if self.before.kind == "absent":
            left = any_status(kind="file", mode=self.mode)
            gone = RemoveFile(path=self.path, content=after, was=left)
            return Undo(effects=(gone,), guards=(holds(self.path, after), has_status(self.path, left)))
        if self.before.content is None:
            return NoUndo(
                why=f"the {self.before.size} bytes that {self.path} holds before are too many to be kept"
            )
        left = self._left()
        back = WriteFile(path=self.path, before=after, after=self.before.content, was=left)
        effects: list[Effect] = [back]
        if (mode := self._old_mode()) is not None and has_set_id(mode):
            effects.append(SetMode(path=self.path, before=OPEN, after=mode))
        if self.backup:
            effects.append(RemoveBackup(path=f"{self.path}.{self.decided}~", content=self.before))
        return Undo(effects=tuple(effects), guards=(holds(self.path, after), has_status(self.path, left)))

    def _left(self) -> PathStatus:
        """The status that an existing file, or link, has when it has been written."""
        match self._foretell_status(OPEN if self.was is None else Known(self.was)):
            case Known(PathStatus() as status):
                return status
        return any_status()

    def touches(self) -> frozenset[str]:
        """The file."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The file will hold the content, and its directory the name."""
        match fact:
            case Text(path) if path == self.path:
                return Known(FileText.holding(self.after))
            case FileStatus(path) if path == self.path:
                return self._foretell_status(answer)
            case Listing(path) if path == posixpath.dirname(self.path):
                if self.backup and self.before.kind == "file":
                    return Unknown(self.summary())  # the backup's name has the time in it
                return with_name(answer, posixpath.basename(self.path))
        return super().foretell(fact, answer)

    def _foretell_status(self, answer: Answer) -> Answer:
        size = len(encode(self.after))
        why = Unknown(self.summary())
        match answer:
            case Known(PathStatus(kind="link")):
                return answer  # the content goes into the file behind it
            case Known(PathStatus(kind="file") as status):
                # Some systems clear these bits when a file is written, some only if a user writes it.
                mode = why if has_set_id(status.mode) else status.mode
                return Known(replace(status, size=size, mode=mode))
            case Known(PathStatus(kind="absent")):
                return Known(
                    PathStatus(kind="file", mode=self.mode, size=size, owner=why, group=why, uid=why, gid=why)
                )
        return why


@dataclass(frozen=True, kw_only=True)
class RemoveFile(Effect):
    """Remove a file."""

    joins: ClassVar[bool] = True

    path: str
    content: FileText | None = None
    was: PathStatus | None = field(default=None, compare=False)
    """The status of the file before."""
    deadline: float = 60.0

    def summary(self) -> str:
        """`remove`."""
        return f"remove {self.path}"

    def diff(self) -> str:
        """The lost text if it is known, else one line."""
        if self.content is not None and self.content.content is not None:
            return text_diff(self.path, self.content, None)
        return f"- file {self.path}\n"

    def script(self) -> str:
        """Remove what is still what it was."""
        guard = guard_kind(self.path, "file")
        if self.content is not None and self.content.kind == "file":
            guard += guard_text(self.path, self.content)
        return guard + f"rm -f {quote_path(self.path)}"

    def undo(self) -> Undo | NoUndo:
        """The file again, as it was; one of several names comes back as one of its own."""
        if self.content is None or self.content.content is None:
            return NoUndo(why=f"what {self.path} holds is not kept: it is too large, or was not read")
        if self.was is None or not isinstance(self.was.mode, int):
            return NoUndo(why=f"which mode {self.path} has is known only when it is applied")
        # Nobody else reads it before its owner is right again.
        file = WriteFile(
            path=self.path, before=FileText(kind="absent"), after=self.content.content, mode=PRIVATE
        )
        made = (file, *own_again(self.path, self.was, PRIVATE))
        return Undo(effects=made, guards=(has_status(self.path, PathStatus(kind="absent")),))

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Nothing will be at the path."""
        gone = foretell_gone(self.path, fact, answer)
        return super().foretell(fact, answer) if gone is None else gone


@dataclass(frozen=True, kw_only=True)
class RemoveBackup(Effect):
    """Remove the copy that a file was kept in, if it is there and still what was kept."""

    path: str
    content: FileText

    def summary(self) -> str:
        """`remove`, and what it is."""
        return f"remove the backup {self.path}"

    def diff(self) -> str:
        """One line."""
        return f"- file {self.path}\n"

    def script(self) -> str:
        """What somebody else has put there, or has changed, stays; that is no failure."""
        kept = f'test "$2 $3" = "{self.content.checksum} {self.content.size}"'
        path = f'p={quote_path(self.path)}\ntest -f "$p" || exit 0\ntest -h "$p" && exit 0\n'
        return f'{path}set x `cksum < "$p"`\n{kept} || exit 0\nrm -f "$p"'

    def undo(self) -> Undo:
        """Nothing: the file that is written once more has another backup then."""
        return Undo(effects=(), guards=())

    def touches(self) -> frozenset[str]:
        """The copy."""
        return frozenset({self.path})
