"""Question: what does a file hold, as size and SHA-256, without its content being kept."""

import hashlib
import re
from dataclasses import field, replace
from typing import Literal

from remediate.bourne import quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.files import confirm_absence, is_inside, look_at_file, unreadable
from remediate.records import dataclass

_TOOLS = ("sha256sum", "openssl dgst -sha256", "shasum -a 256", "digest -a sha256", "csum -h SHA256 -")
"""GNU and busybox; everywhere with OpenSSL 0.9.8 or later; Perl; Solaris 10; AIX. Older systems have none."""

_PIECE, _PIECES = 64 * 1024, 16
_SUM = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")


def sum_script(file: str) -> str:
    """Bourne text that sets `sum` to a line with the SHA-256 of `file` (`"$p"`); without a tool to nothing.

    A tool counts only if it printed 64 hexadecimal digits: programs of these names may be something else.
    """
    tools = " ".join(f"'{tool}'" for tool in _TOOLS)
    return (
        "h='[0-9a-f]'; h=$h$h$h$h$h$h$h$h; h=$h$h$h$h$h$h$h$h; sum=\n"
        f"for tool in {tools}; do\n"
        f"  sum=`$tool < {file} 2>/dev/null`\n"
        "  case $sum in *$h*) break;; esac\n"
        "  sum=\n"
        "done\n"
    )


@dataclass(frozen=True, kw_only=True)
class FileDigest:
    """What a path holds. `sha256` is None if the host cannot sum, and it is not the expected file anyway."""

    kind: Literal["file", "absent", "other"]
    size: int = 0
    cksum: int = 0
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Digest(Fact[FileDigest]):
    """Size and sums of a regular file; a symbolic link is followed.

    The SHA-256 is made by whatever tool the host has. Where it has none, a file whose size and `cksum` are
    other than those expected is another file, and of one where they are the same the content itself comes
    back, in pieces that are summed here: equal sums are a proof on every host.
    """

    path: str
    size: int
    """The size that is expected, in bytes."""
    cksum: int
    """The POSIX checksum that is expected."""
    deadline: float = 60.0

    def ask(self) -> str:
        """Kind, checksum and size, then the tool's words; `OTHER` and `ABSENT` stand for no regular file."""
        return look_at_file(self.path, sum_script('"$p"') + '  echo "$sum"\n')

    def parse(self, output: Output) -> "FileDigest | Follow[FileDigest]":
        """The answer, or the first piece of the content as the next question.

        Raises:
            TaskFailed: if the file, or a directory above it, may not be read.
        """
        head, _, said = output.stdout.partition(b"\n")
        words = head.split()
        if words[:1] == [b"FILE"] and output.status == 0:
            found = FileDigest(kind="file", cksum=int(words[1]), size=int(words[2]))
            summed = _SUM.search(said)
            if summed is not None:
                return replace(found, sha256=summed[0].decode())
            if (found.size, found.cksum) != (self.size, self.cksum):
                return found
            return Follow(_Piece(path=self.path, found=found), after=0)
        if words == [b"ABSENT"]:
            confirm_absence(self.path, output)
            return FileDigest(kind="absent")
        if words == [b"OTHER"]:
            return FileDigest(kind="other")
        raise unreadable(self.path, output)

    def overdue(self) -> str:
        """What took so long."""
        return f"{self.path} could not be summed within {self.deadline:g} s"

    def reads(self, resource: str) -> bool:
        """A change of the file, or of a directory above it."""
        return is_inside(self.path, resource)


@dataclass(frozen=True, kw_only=True)
class _Piece(Fact[FileDigest]):
    """The content of a file from one piece on, and the sum of all before it."""

    path: str
    found: FileDigest
    number: int = 0
    # Never updated in place: `copy` makes a new one for each piece.
    before: "hashlib._Hash" = field(default_factory=hashlib.sha256, compare=False, repr=False)

    def ask(self) -> str:
        """So many bytes from there on."""
        skip = self.number * _PIECES
        return f"exec dd if={quote_path(self.path)} bs={_PIECE} skip={skip} count={_PIECES} 2>/dev/null"

    def parse(self, output: Output) -> "FileDigest | Follow[FileDigest]":
        """The next piece as the next question, or the sum of all.

        Raises:
            TaskFailed: if the file ended early: it is being changed.
        """
        start = self.number * _PIECE * _PIECES
        expected = min(_PIECE * _PIECES, self.found.size - start)
        if output.status or len(output.stdout) != expected:
            raise TaskFailed(
                f"{self.path} changed while it was read", cure="see who writes it, and run again"
            )
        summed = self.before.copy()
        summed.update(output.stdout)
        if start + expected == self.found.size:
            return replace(self.found, sha256=summed.hexdigest())
        return Follow(replace(self, number=self.number + 1, before=summed), after=0)

    def overdue(self) -> str:
        """What took so long."""
        return f"{self.path} could not be read back in time, and the host has no tool for SHA-256"

    def reads(self, resource: str) -> bool:
        """The same file."""
        return is_inside(self.path, resource)
