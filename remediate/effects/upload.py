"""Order: bring a file of the controller to the host, of any size and with any bytes."""

import posixpath
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote_path
from remediate.effects.arrival import keep_old, name_beside, why_not_there
from remediate.effects.base import DRIFTED, Effect, NoUndo, Undo
from remediate.effects.guards import guard_kind, refuse, with_name
from remediate.effects.left import OPEN, any_status, has_answer, has_status
from remediate.effects.local_file import LocalFile
from remediate.effects.permissions import change_owner, owned
from remediate.effects.write import RemoveFile
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.digest import Digest, FileDigest, sum_script
from remediate.facts.files import TEXT_LIMIT, FileStatus, FileText, Listing, PathStatus, Text
from remediate.records import dataclass

SLOWEST = 100_000
"""Bytes a second below which a transfer is given up, unless its author says otherwise: a slow WAN line."""


def patience(size: int) -> float:
    """Seconds that may be spent on a file of this size, sending or summing it."""
    return 60 + size / SLOWEST


@dataclass(frozen=True, kw_only=True)
class Upload(Effect):
    """Put a local file in the place of what was seen; it appears there whole, with its mode and owner."""

    path: str
    before: FileDigest
    source: LocalFile
    mode: int
    owner: str | None
    group: str | None
    """None: as the host makes it. Numbers are understood too."""
    backup: bool = False
    deadline: float = 60.0

    def summary(self) -> str:
        """`upload` and the size."""
        return f"upload {self.path} ({self.source.size} bytes)"

    def diff(self) -> str:
        """Sizes and sum; never the content."""
        sign = "+" if self.before.kind == "absent" else "~"
        was = "" if self.before.kind == "absent" else f"{self.before.size} bytes -> "
        who = f"{self.owner or ''}{':' + self.group if self.group is not None else ''}"
        return (
            f"{sign} {self.path} {was}{self.source.size} bytes sha256:{self.source.sha256} "
            f"mode {self.mode:04o}{' owner ' + who if who else ''}\n"
        )

    def feed(self) -> Iterable[bytes]:
        """The file's content."""
        return self.source.pieces()

    def script(self) -> str:
        """Receive beside, compare with what was measured, give mode and owner, compare again, rename."""
        keep = ""
        if self.backup and self.before.kind == "file":
            keep = "k=$p.`date '+%Y%m%d-%H%M%S'`~\n" + keep_old(self.path, '"$k"', failed="end")
        return (
            f"p={quote_path(self.path)}; t={quote_path(name_beside(self.path))}\n"
            # What is cut off in the middle leaves nothing behind either.
            'end() { rm -f "$t"; exit 1; }\ntrap end 1 2 13 15\n'
            + self._guard()
            + "lost() {\n"
            + why_not_there(self.path, "it did not arrive whole")
            + '  end\n}\numask 077\ncat > "$t" || lost\n'
            + self._arrived()
            + self._attributes()
            + f'( {self._guard()} ) || {{ rm -f "$t"; exit {DRIFTED}; }}\n'
            + keep
            + 'mv -f "$t" "$p" || end\n'
        )

    def judge(self, output: Output) -> dict[str, Any] | Follow[Any]:
        """See Effect; what several programs said of one failure comes in one line."""
        return super().judge(replace(output, stderr=b"; ".join(output.stderr.splitlines())))

    def _guard(self) -> str:
        if self.before.kind == "absent":
            return guard_kind(self.path, "absent")
        # Quoted words do not pass through backquotes unharmed, variables do.
        return (
            f'if test -h "$p"; then {refuse("it has become a link")}; fi\n'
            'test -f "$p" && set x `cksum < "$p"` && '
            f'test "$2 $3" = "{self.before.cksum} {self.before.size}" || '
            + refuse("its content has changed")
            + "\n"
        )

    def _arrived(self) -> str:
        return (
            f'set x `cksum < "$t"`; test "$2 $3" = "{self.source.cksum} {self.source.size}" || lost\n'
            + sum_script('"$t"')
            + f'case $sum in ""|*{self.source.sha256}*) ;;\n'
            '*) echo "it arrived with another SHA-256" >&2; end;; esac\n'
        )

    def _attributes(self) -> str:
        # The mode comes last: chown clears set-id bits.
        change = change_owner(self.owner, self.group, of='"$t"', failed="end")
        return f'{change}chmod {self.mode:04o} "$t" || end\n'

    def undo(self) -> Undo | NoUndo:
        """A new file goes; of one that is replaced, only the host has the content."""
        if self.before.kind != "absent":
            size = self.before.size
            if self.backup:
                why = f"the {size} bytes before it are kept on the host alone, with the time in their name"
            else:
                why = f"the {size} bytes before it are not kept ('backup: true' keeps them)"
            return NoUndo(why=f"{self.path} is replaced: {why}")
        source, seconds = self.source, patience(self.source.size)
        held = FileDigest(kind="file", size=source.size, cksum=source.cksum, sha256=source.sha256)
        asked = Digest(path=self.path, size=source.size, cksum=source.cksum, deadline=seconds)
        left = owned(any_status(kind="file", mode=self.mode), self.owner, self.group, OPEN)
        text = FileText(kind="file", checksum=source.cksum, size=source.size)
        gone = RemoveFile(path=self.path, content=text, was=left, deadline=seconds)
        guards = (has_answer(asked, held, f"the content of {self.path}"), has_status(self.path, left))
        return Undo(effects=(gone,), guards=guards)

    def touches(self) -> frozenset[str]:
        """The file."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The file will hold the content, and its directory the name."""
        match fact:
            case Digest(path=path) if path == self.path:
                source = self.source
                return Known(
                    FileDigest(kind="file", size=source.size, cksum=source.cksum, sha256=source.sha256)
                )
            case Text(path) if path == self.path and self.source.size > TEXT_LIMIT:
                return Known(FileText(kind="file", checksum=self.source.cksum, size=self.source.size))
            case FileStatus(path) if path == self.path:
                return Known(self._status())
            case Listing(path) if path == posixpath.dirname(self.path):
                if self.backup and self.before.kind == "file":
                    return Unknown(self.summary())  # the backup's name has the host's time in it
                return with_name(answer, posixpath.basename(self.path))
        return super().foretell(fact, answer)

    def _status(self) -> PathStatus:
        why = Unknown(self.summary())
        status = PathStatus(
            kind="file", mode=self.mode, size=self.source.size, owner=why, group=why, uid=why, gid=why
        )
        return owned(status, self.owner, self.group, why)
