"""Orders about a file: give it its content, remove it. Each takes back what the other does."""

import posixpath
import re
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import encode, quote_path, write_to
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.diff import text_diff
from remediate.effects.guards import APPEARED, foretell_gone, guard_kind, guard_text, refuse, with_name
from remediate.effects.left import OPEN, PRIVATE, any_status, has_status, holds
from remediate.effects.permissions import SetMode, has_set_id, own_again
from remediate.facts.base import Fact
from remediate.facts.cksum import cksum
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text


@dataclass(frozen=True, kw_only=True)
class WriteFile(Effect):
    """Give a file new content; owner and mode of an existing file stay, a new one gets `mode`."""

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

    def script(self) -> str:
        """Write beside, compare that with what was meant and the file with what was read, then rename."""
        # A name that nobody can guess: in a directory like /tmp others might put a link there.
        beside = posixpath.join(posixpath.dirname(self.path), f".remediate-{secrets.token_hex(8)}")
        data = encode(self.after)
        text = _CREATE if self.before.kind == "absent" else _REPLACE
        pieces = {
            "stage": _STAGE if _PLAIN.fullmatch(self.path) else _STAGE_ANY,
            "write": write_to('"$n"', self.after),
            "sums": '`cksum "$n" "$p"`' if _PLAIN.fullmatch(self.path) else '`cksum < "$n"` - `cksum < "$p"`',
            "new": f"{cksum(data)} {len(data)}",
            "old": f"{self.before.checksum} {self.before.size}",
            "keep": f'cp -p "$p" "$p".{self.decided}~ || end\n' if self.backup else "",
            "mode": f"{self.mode:04o}",
            "appeared": refuse(APPEARED),
            "changed": refuse("its content has changed"),
        }
        return f"p={quote_path(self.path)}; t={quote_path(beside)}\n{_END}" + text.format(**pieces)

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
        if self.was is not None and self.was.kind == "file" and has_set_id(self.was.mode):
            effects.append(SetMode(path=self.path, before=OPEN, after=self.was.mode))
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


_PLAIN = re.compile(r"[\w./,:@%+=-]+", re.ASCII)
"""Paths that are one word wherever a program prints them: what is printed after them can be found."""

_END = """\
end() { rm -f "$t" "$t.n"; exit 1; }
arrived='the new content did not arrive whole (is the disk full?)'
"""
# What somebody makes there meanwhile is not overwritten: `mv` asks first, and nobody answers.
_CREATE = """\
if test -f "$p" || test -d "$p" || test -h "$p"; then {appeared}; fi
n=$t
umask 077
{write}set x `cksum < "$n"`
test "$2 $3" = "{new}" || {{ echo "$arrived" >&2; end; }}
chmod {mode} "$t" || end
mv -i "$t" "$p" </dev/null && test ! -f "$t" && exit 0
if ls -d "$p" >/dev/null 2>&1; then rm -f "$t"; {appeared}; fi
end
"""
# `cp -p` gives the new file the old one's owner and mode as far as this user may, and only then the content
# comes into it. Where he may not, and for links and files of several names, that has a file of its own, and
# is written into the file that is there, so that who owns it stays true; the copy is what can be put back.
_REPLACE = """\
test -f "$p" || {changed}
umask 077
cp -p "$p" "$t" 2>/dev/null || cp "$p" "$t" || end
n=$t.n
if test -h "$p"; then :; else
{stage}  test "$2 $3 $4 $5" = "$copy" && test "$3" = 1 && test -w "$t" && n=$t
fi
{write}set x {sums}
test "$2 $3" = "{new}" || {{ echo "$arrived" >&2; end; }}
test "$5 $6" = "{old}" || {{ rm -f "$t" "$t.n"; {changed}; }}
{keep}if test "$n" = "$t"; then mv -f "$t" "$p" || end
elif test ! -w "$p"; then echo "this user may not write it" >&2; end
elif cat "$n" > "$p"; then rm -f "$t" "$n"
elif cat "$t" > "$p"; then echo "the old content has been put back" >&2; end
else rm -f "$n"; echo "HALF WRITTEN; the old content is in $t" >&2; exit 1
fi
"""
# What `ls` says of both, the first in `copy`, the second from $2 on; which one comes first is all the same.
_STAGE = """\
  set x `ls -ldn "$t" "$p"`; copy="$2 $3 $4 $5"
  while test $# -gt 1 && test "$1" != "$t" && test "$1" != "$p"; do shift; done
"""
_STAGE_ANY = """\
  set x `ls -ldn "$t"`; copy="$2 $3 $4 $5"
  set x `ls -ldn "$p"`
"""
