"""Order: give a file its content."""

import posixpath
from dataclasses import dataclass, replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import encode, quote_path, write_to
from remediate.effects.base import DRIFTED, Effect
from remediate.effects.diff import text_diff
from remediate.effects.guards import guard_kind, with_name
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

    def summary(self) -> str:
        """`write` or `create`."""
        return f"{'create' if self.before.kind == 'absent' else 'write'} {self.path}"

    def diff(self) -> str:
        """A unified diff; for binary or very large content the sizes."""
        return text_diff(self.path, self.before, self.after)

    def script(self) -> str:
        """Compare with what was read, write beside, compare with what was meant, then rename."""
        data = encode(self.after)
        path = quote_path(self.path)
        beside = posixpath.join(posixpath.dirname(self.path) or ".", ".remediate-")
        keep = 'cp -p "$p" "$p".`date \'+%Y%m%d-%H%M%S\'`~ || exit 1\n' if self.backup else ""
        return (
            f"p={path}; t={quote_path(beside)}$$\n"
            + self._guard()
            + (keep if self.before.kind == "file" else "")
            + "old=`umask`; umask 077\n"
            + write_to('"$t"', self.after)
            + f'set x `cksum < "$t"`; test "$2 $3" = "{cksum(data)} {len(data)}" || {{\n'
            + '  rm -f "$t"; echo "the new content did not arrive whole (is the disk full?)" >&2; exit 1; }\n'
            + "umask $old\n"
            + (_REPLACE if self.before.kind == "file" else _place(self.mode))
        )

    def _guard(self) -> str:
        if self.before.kind == "absent":
            return guard_kind(self.path, "absent")
        seen = f"{self.before.checksum} {self.before.size}"
        return (
            'test -f "$p" && set x `cksum < "$p"` && '
            f'test "$2 $3" = "{seen}" || {{ echo "$p has changed" >&2; exit {DRIFTED}; }}\n'
        )

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
                return with_name(answer, posixpath.basename(self.path))
        return super().foretell(fact, answer)

    def _foretell_status(self, answer: Answer) -> Answer:
        size = len(encode(self.after))
        match answer:
            case Known(PathStatus(kind="file") as status):
                return Known(replace(status, size=size))
            case Known(PathStatus(kind="absent")):
                why = Unknown(self.summary())
                return Known(
                    PathStatus(kind="file", mode=self.mode, size=size, owner=why, group=why, uid=why, gid=why)
                )
        return Unknown(self.summary())


# `cp -p` gives the new file the old one's owner and mode as far as this user may; where he may not, and for
# links, the content is written into the file that is there, so that who owns it stays true.
_REPLACE = """\
if test -h "$p"; then in_place=yes; else
  cp -p "$p" "$t.n" || { rm -f "$t" "$t.n"; exit 1; }
  set x `ls -ldn "$p"`; was="$2 $4 $5"; links=$3
  set x `ls -ldn "$t.n"`; test "$2 $4 $5" = "$was" && test "$links" = 1 && in_place=no || in_place=yes
fi
if test $in_place = no; then
  cat "$t" > "$t.n" && mv -f "$t.n" "$p" || { rm -f "$t" "$t.n"; exit 1; }
  rm -f "$t"
else
  rm -f "$t.n"
  cat "$t" > "$p" || { echo "half written; the new content is in $t" >&2; exit 1; }
  rm -f "$t"
fi
"""


def _place(mode: int) -> str:
    return f'chmod {mode:04o} "$t" && mv -f "$t" "$p" || {{ rm -f "$t"; exit 1; }}\n'
