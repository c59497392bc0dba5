"""Questions of one kind about several paths as one script: a few programs, however many the paths.

What comes back is shared out as the output that each question alone would have brought, and read by the same
parser. What cannot be told beyond doubt is left out, and asked alone: a file was changed meanwhile, a name of
a user holds a blank, a program is missing or answers in another way. Nothing is ever guessed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex

from remediate.bourne import ALL_AS_OUTPUT, encode, heredoc
from remediate.facts.base import Output
from remediate.facts.cksum import cksum
from remediate.records import dataclass

_PLAIN = "A-Za-z0-9_./+=@%,-"
_PATH = re.compile(rf"/[{_PLAIN}]{{0,150}}")
_WORDS = re.compile(rf"[{_PLAIN}]+".encode())
_NUMBER = re.compile(rb"\d{1,20}")
_MARK = re.compile(rb"^[0-9a-f]{32}\n", re.MULTILINE)
_LINE = re.compile(rb"\S{10,}\s+\d+\s")
"""How a line of `ls -l` begins, and no message."""


def is_plain(path: str) -> bool:
    """Whether a path is one word to every shell, and stands unaltered and unmistakable in what `ls` says."""
    return _PATH.fullmatch(path) is not None


@dataclass(frozen=True)
class Statuses:
    """`ls -ld` and `ls -ldn` of all paths at once."""

    def ask(self, paths: Sequence[str]) -> str:
        """Of each `ls` one line for what is there, and one message for what is not."""
        return f"{ALL_AS_OUTPUT}p='{' '.join(paths)}'\nls -ld $p\nexec ls -ldn $p"

    def share(self, paths: Sequence[str], output: Output) -> Mapping[str, Output]:
        """The two lines about a path, or the message; in doubt is what came or went between them."""
        told = told_by_ls(output.stdout, dict.fromkeys(paths, 2))
        shared = {}
        for path, (lines, messages) in told.items():
            if len(messages) == 2:
                shared[path] = Output(status=0, stdout=b"ABSENT\n", stderr=messages[0])
            elif len(lines) == 2 and are_alike(*lines):
                shared[path] = Output(status=0, stdout=b"%b\n%b\n" % (lines[0], lines[1]))
        return shared


def told_by_ls(printed: bytes, times: Mapping[str, int]) -> dict[str, tuple[list[bytes], list[bytes]]]:
    """The lines about each path, and the messages; ls sorts the lines, so each is known by its name.

    `times` is by how many `ls` each path was asked for. None of them is told of, if there is not one thing
    for each time: a link's target may hold newlines, and look like a line about another path, but then there
    are too many.
    """
    asked = {encode(path): path for path in times}
    lines = printed.split(b"\n")[:-1]
    named = _by_name([line for line in lines if _LINE.match(line)], asked)
    said = _said([line for line in lines if not _LINE.match(line)], asked)
    if len(lines) != sum(times.values()):
        return {}
    told = {path: (named.get(path, []), said.get(path, [])) for path in times}
    whole = all(len(told[path][0]) + len(told[path][1]) == count for path, count in times.items())
    return told if whole else {}


def _by_name(lines: Iterable[bytes], asked: Mapping[bytes, str]) -> dict[str, list[bytes]]:
    """The lines that end with a path, or with a path and what it points to."""
    found: dict[str, list[bytes]] = {}
    for line in lines:
        head = line.partition(b" -> ")[0] if line.startswith(b"l") else line
        path = asked.get(head.rpartition(b" ")[2])
        if path is not None:
            found.setdefault(path, []).append(line)
    return found


def are_alike(named: bytes, numbered: bytes) -> bool:
    """Whether two lines have equally many words, so that owner and group are one each, and the same size.

    Names that hold blanks are told apart by how many blanks are between them, which ls makes more in columns.
    """
    names, numbers = named.split(), numbered.split()
    return len(names) == len(numbers) > 4 and (names[0], names[4]) == (numbers[0], numbers[4])


def _said(messages: Iterable[bytes], asked: Mapping[bytes, str]) -> dict[str, list[bytes]]:
    """What ls said of each path, in messages about no other path."""
    said: dict[str, list[bytes]] = {}
    for line in messages:
        about = {asked[word] for word in _WORDS.findall(line) if word in asked}
        if len(about) == 1:
            said.setdefault(about.pop(), []).append(line)
    return said


def sums_by_name(printed: bytes, paths: Iterable[str]) -> dict[str, tuple[int, int]] | None:
    """What `cksum` printed of each file, its sum and size; None if that is anything else."""
    asked = {encode(path): path for path in paths}
    words = printed.split()
    files = {
        asked[name]: (int(checksum), int(size))
        for checksum, size, name in zip(words[::3], words[1::3], words[2::3], strict=False)
        if name in asked and _NUMBER.fullmatch(checksum) and _NUMBER.fullmatch(size)
    }
    return files if len(words) == 3 * len(files) else None


@dataclass(frozen=True)
class Texts:
    """One `cksum` of all files, and one `sed` that prints those up to `limit` bytes.

    sed puts the files between lines that only we know. With `cat`, who can write two of the files could push
    a part of one into what we take for the file between them.
    """

    limit: int

    def ask(self, paths: Sequence[str]) -> str:
        """A line with sum, size and name of each file; the names of what is there and none; the contents."""
        looks = "".join(f"look {number} {path}\n" for number, path in enumerate(paths, 1))
        marks = heredoc(f"{token_hex(16)}\n" * (len(paths) + 1))
        return (
            f"{ALL_AS_OUTPUT}f= n= o=\n"
            "look() {\n"
            '  if test -f "$2"; then if test -r "$2"; then f="$f $2"; n="$n $1"; fi; else o="$o $2"; fi\n'
            "}\n"
            f"{looks}"
            "set x\n"
            'test -z "$f" || set x `cksum $f 2>/dev/null`\n'
            "shift\n"
            'echo "$*"\n'
            'test -z "$o" || ls -d $o\n'
            'test -n "$f" || exit 0\n'
            "s=\n"
            "for i in $n; do\n"
            "  test $# -ge 3 || exit 1\n"
            f'  test "$2" -gt {self.limit} || s="$s\n${{i}}r $3"\n'
            "  shift; shift; shift\n"
            "done\n"
            f'exec sed "$s" 2>/dev/null {marks}'
        )

    def share(self, paths: Sequence[str], output: Output) -> Mapping[str, Output]:
        """Sum, size and content of a file, if the content has that sum; else what ls said."""
        asked = {encode(path): path for path in paths}
        sums, _, rest = output.stdout.partition(b"\n")
        mark = _MARK.search(rest)
        said, printed = (rest, b"") if mark is None else (rest[: mark.start()], rest[mark.start() :])
        lines = said.splitlines()
        others = [asked[line] for line in lines if line in asked]
        absent = {
            path: Output(status=0, stdout=b"ABSENT\n", stderr=line)
            for path, (line, *more) in _said([line for line in lines if line not in asked], asked).items()
            if not more
        }
        files = sums_by_name(sums, paths)
        if files is None or len({*others, *absent, *files}) < len(others) + len(absent) + len(files):
            return {}
        other = Output(status=0, stdout=b"OTHER\n")
        return {**dict.fromkeys(others, other), **absent, **self._contents(paths, files, printed)}

    def _contents(
        self, paths: Sequence[str], files: Mapping[str, tuple[int, int]], printed: bytes
    ) -> Mapping[str, Output]:
        """The files from between the marks; none of them, if a mark is not where it must be."""
        end = printed.find(b"\n") + 1
        mark = printed[:end]
        if _MARK.fullmatch(mark) is None:
            return {}
        found = {}
        for path in paths:
            checksum, size = files.get(path, (0, 0))
            start, end = end, end + (size if size <= self.limit else 0)
            content = printed[start:end]
            # Some seds add the newline that a file lacks at its end.
            end += not printed.startswith(mark, end) and printed.startswith(b"\n", end)
            if not printed.startswith(mark, end):
                return {}
            end += len(mark)
            if path in files and (size > self.limit or cksum(content) == checksum):
                found[path] = Output(status=0, stdout=b"FILE %d %d\n" % (checksum, size) + content)
        return found if end == len(printed) else {}
