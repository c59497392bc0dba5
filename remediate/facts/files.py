"""Questions about files: their text, their status, the names in a directory."""

import re
from dataclasses import field
from functools import lru_cache
from typing import Any, Literal

from remediate.bourne import decode, encode, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Joint, Output
from remediate.facts.cksum import cksum
from remediate.facts.together import Statuses, Texts, is_plain
from remediate.records import dataclass

Kind = Literal["file", "directory", "link", "other", "absent"]

TEXT_LIMIT = 1 << 20
"""Bytes up to which the content of a file is read; larger files are only summed."""


def is_inside(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or lies below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def look_at_file(path: str, then: str) -> str:
    """Bourne text that prints `FILE`, checksum and size of a regular file, and does `then` with it as `$p`.

    `OTHER` and `ABSENT` stand for what is no regular file; its size is `$3`.
    """
    # Quoted words do not pass through backquotes unharmed, variables do.
    return (
        f"p={quote_path(path)}\n"
        'if test -f "$p"; then\n'
        '  test -r "$p" || { cat "$p" >/dev/null; exit 1; }\n'  # not every shell says why, cat does
        '  set x `cksum < "$p"`; test $# -ge 3 || exit 1\n'
        f'  echo "FILE $2 $3"\n{then}'
        'elif ls -d "$p" >/dev/null; then echo OTHER\n'
        "else echo ABSENT; fi"
    )


@dataclass(frozen=True, kw_only=True)
class FileText:
    """What a path holds: its checksum and size, and the content unless the file is too large to read."""

    kind: Literal["file", "absent", "other"]
    checksum: int = 0
    size: int = 0
    content: str | None = field(default=None, repr=False)

    @classmethod
    def holding(cls, content: str) -> "FileText":
        """A regular file with this content, as a host would answer."""
        return _holding(content)


@lru_cache(maxsize=16)  # the same content goes to host after host
def _holding(content: str) -> FileText:
    data = encode(content)
    read = content if len(data) <= TEXT_LIMIT else None
    return FileText(kind="file", checksum=cksum(data), size=len(data), content=read)


@dataclass(frozen=True)
class Text(Fact[FileText]):
    """What a regular file holds; a symbolic link is followed."""

    path: str

    def ask(self) -> str:
        """Sum, size and content; `OTHER` and `ABSENT` stand for what is no regular file."""
        return look_at_file(self.path, f'test "$3" -gt {TEXT_LIMIT} || exec cat "$p"\n')

    def joint(self) -> tuple[Joint, str] | None:
        """See `Texts`."""
        return (Texts(TEXT_LIMIT), self.path) if is_plain(self.path) else None

    def parse(self, output: Output) -> FileText:
        """The file's text.

        Raises:
            TaskFailed: if the file, or a directory above it, may not be read.
        """
        head, _, content = output.stdout.partition(b"\n")
        words = head.split()
        if words[:1] == [b"FILE"] and output.status == 0:
            text = decode(content) if int(words[2]) <= TEXT_LIMIT else None
            return FileText(kind="file", checksum=int(words[1]), size=int(words[2]), content=text)
        if words == [b"ABSENT"]:
            confirm_absence(self.path, output)
            return FileText(kind="absent")
        if words == [b"OTHER"]:
            return FileText(kind="other")
        raise unreadable(self.path, output)

    def reads(self, resource: str) -> bool:
        """A change of the file, or of a directory above it."""
        return is_inside(self.path, resource)


@dataclass(frozen=True, kw_only=True)
class PathStatus:
    """What `ls -ld` says of a path. Fields that a prediction cannot know hold an Unknown."""

    kind: Kind
    mode: Any = 0
    owner: Any = ""
    group: Any = ""
    uid: Any = 0
    gid: Any = 0
    size: Any = 0
    target: str = ""


@dataclass(frozen=True)
class FileStatus(Fact[PathStatus]):
    """Kind, mode, owner, group and size of a path; a symbolic link is not followed."""

    path: str

    def ask(self) -> str:
        """`ls -ld`, with names and with numbers: `stat` is not there on AIX, Solaris and IBM i."""
        path = quote_path(self.path)
        return f"if ls -ld {path}; then exec ls -ldn {path}; else echo ABSENT; fi"

    def joint(self) -> tuple[Joint, str] | None:
        """See `Statuses`."""
        return (Statuses(), self.path) if is_plain(self.path) else None

    def parse(self, output: Output) -> PathStatus:
        """The status.

        Raises:
            TaskFailed: if a directory above the path may not be searched.
        """
        if output.stdout == b"ABSENT\n":
            confirm_absence(self.path, output)
            return PathStatus(kind="absent")
        return parse_ls(self.path, output)

    def reads(self, resource: str) -> bool:
        """A change of the path, or of a directory above it."""
        return is_inside(self.path, resource)


@dataclass(frozen=True)
class Directory(Fact[PathStatus]):
    """Kind, mode, owner and group of the directory that a path leads to; absent if it leads to none."""

    path: str

    def ask(self) -> str:
        """The status of `.` in it, which no link is and no file has."""
        return FileStatus(f"{self.path}/.").ask()

    def joint(self) -> tuple[Joint, str] | None:
        """See `FileStatus.joint`."""
        return FileStatus(f"{self.path}/.").joint()

    def parse(self, output: Output) -> PathStatus:
        """See `FileStatus.parse`."""
        return FileStatus(f"{self.path}/.").parse(output)

    def reads(self, resource: str) -> bool:
        """A change of the path, or of a directory above it."""
        return is_inside(self.path, resource)


@dataclass(frozen=True)
class Listing(Fact[tuple[str, ...] | None]):
    """The names in a directory, sorted; None if there is no such directory."""

    path: str

    def ask(self) -> str:
        """`find` without going down: what it prints for each name begins with `./`, as no name can."""
        path = quote_path(self.path)
        # Not every shell says why it cannot go there; ls does.
        return (
            f"if test -d {path}; then echo NAMES\n"
            f"  cd {path} && find . ! -name . -prune -print || {{ ls -a {path}/. >/dev/null; exit 1; }}\n"
            f"elif ls -d {path} >/dev/null; then echo OTHER\n"
            "else echo ABSENT; fi"
        )

    def parse(self, output: Output) -> tuple[str, ...] | None:
        """The names, without `.` and `..`.

        Raises:
            TaskFailed: if the directory may not be read.
        """
        head, _, names = output.stdout.partition(b"\n")
        if head == b"ABSENT":
            confirm_absence(self.path, output)
        if head in (b"ABSENT", b"OTHER"):
            return None
        if head != b"NAMES" or output.status or output.stderr:
            raise unreadable(self.path, output)
        return tuple(sorted(f"\n{decode(names)}".removesuffix("\n").split("\n./")[1:]))

    def reads(self, resource: str) -> bool:
        """A change of the directory, of anything in it, or of a directory above it."""
        parent = resource.rpartition("/")[0] or "/"
        return is_inside(self.path, resource) or parent == (self.path.rstrip("/") or "/")


_ABSENT = re.compile(rb"[Nn]o such file|does not exist|not found|[Nn]ot a directory|must be a directory")
"""What `ls` says of a path that is not there: GNU, busybox and Solaris, AIX, HP-UX; and below a file."""

_FORBIDDEN = re.compile(rb"[Pp]ermission denied|access permissions do not allow")


def confirm_absence(path: str, output: Output) -> None:
    """Absent, forbidden and broken look alike to `test`; only the message of `ls` tells them apart.

    Raises:
        TaskFailed: if `ls` did not say that there is no such path.
    """
    said = output.stderr.replace(encode(path), b"")  # its name may be `not found`
    if not _ABSENT.search(said):
        raise unreadable(path, output)


def unreadable(path: str, output: Output) -> TaskFailed:
    """The error for a path that could not be read, in the host's words."""
    if _FORBIDDEN.search(output.stderr):
        return TaskFailed(
            f"{path} may not be read by this user", cure="become a user who may: ansible_become, become_user"
        )
    said = decode(output.stderr or output.stdout).strip() or f"exit status {output.status}"
    return TaskFailed(f"{path} cannot be read: {said}")


_KINDS: dict[str, Kind] = {"-": "file", "d": "directory", "l": "link"}
_OWNED = re.compile(rb"\S+\s+\d+\s+(\S+)\s+(\S.*)", re.DOTALL)
_NUMBERED = re.compile(rb"(\S)(\S{9})\S*\s+\d+\s+(\d+)\s+(\d+)\s+(\d+(?:,\s*\d+)?)\s+\S.*", re.DOTALL)


def parse_ls(path: str, output: Output) -> PathStatus:
    """What the two lines of `ls -ld` and `ls -ldn` say (POSIX.1-2017, utility `ls`, long format).

    Raises:
        TaskFailed: if they cannot be read.
    """
    # A name may hold newlines: both answers have the same shape, so the second begins at the middle.
    lines = output.stdout.removesuffix(b"\n").split(b"\n")
    named, numbered = b"\n".join(lines[: len(lines) // 2]), b"\n".join(lines[len(lines) // 2 :])
    numbers = _NUMBERED.fullmatch(numbered)
    names = numbers and _names(named, numbers[5])
    if not numbers or not names:
        said = decode(output.stdout + output.stderr).strip()
        raise TaskFailed(f"cannot read what ls says of {path}: {said!r}")
    kind: Kind = _KINDS.get(numbers[1].decode(), "other")
    target = ""
    if kind == "link":
        _, arrow, after = named.partition(encode(path) + b" -> ")
        target = decode(after) if arrow else ""
    return PathStatus(
        kind=kind,
        mode=parse_mode(numbers[2].decode()),
        owner=decode(names[0]),
        group=decode(names[1]),
        uid=int(numbers[3]),
        gid=int(numbers[4]),
        size=int(numbers[5]) if kind == "file" else 0,
        target=target,
    )


def _names(line: bytes, size: bytes) -> tuple[bytes, bytes] | None:
    """The owner and the group in a line of `ls -l`; None if they cannot be told.

    Names of users may hold blanks (winbind); the size, known from the numbers, tells where they end.
    """
    owned = _OWNED.match(line)
    if owned is None:
        return None
    # An expression with the size in it would be compiled for each size that there is.
    rest, start = owned[2], owned[2].find(size)
    while start >= 0:
        end = start + len(size)
        if rest[start - 1 : start].isspace() and rest[end : end + 1].isspace():
            group = rest[:start].rstrip()
            return None if b"\n" in group else (owned[1], group)
        start = rest.find(size, end)
    return None


def parse_mode(letters: str) -> int:
    """The mode that nine letters such as `rwxr-sr-t` stand for."""
    mode = 0
    for position, letter in enumerate(letters):
        if letter in "rwxst":
            mode |= 0o400 >> position
        if letter in "sSlLtT":
            mode |= {2: 0o4000, 5: 0o2000, 8: 0o1000}.get(position, 0)
    return mode
