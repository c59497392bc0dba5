"""A question to a console log: which of its lines, or of the newest of them, hold one of some texts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from remediate.bourne import decode, quote, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino_console import Console
from remediate.facts.domino_log import date_of, strip_line
from remediate.facts.log_encoding import decode_log, is_ascii_based
from remediate.records import dataclass

MEBIBYTE = 1 << 20
_FARTHEST = 16 * MEBIBYTE
_BLOCK = 512
_LONGEST_LINE = 8 * _BLOCK


@dataclass(frozen=True, kw_only=True)
class Since:
    """From when on lines count, in the server's local time; `date_format` is as strptime wants it."""

    moment: datetime
    date_format: str


@dataclass(frozen=True, kw_only=True)
class FoundLines:
    """The lines found, without prefixes and dates; `offset` is the number of bytes that the log then had.

    `anew`: it has become shorter than the offset from which it was to be searched, so all of it was.
    """

    lines: tuple[str, ...]
    anew: bool = False
    # A log always grows; what was found in it may be the same for all that.
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, kw_only=True)
class LogLines(Fact[FoundLines]):
    """The lines of a console log that hold one of some fixed texts, the last `limit` of them.

    The host searches the whole log, if its tools can read it. Otherwise (EBCDIC), and where dates count, the
    last `window` bytes of it come here; for a date, more and more of them until they reach back to it. With
    `since_offset`, what comes after that many bytes is read here.
    """

    console: Console
    contains: tuple[str, ...]
    since: Since | None = None
    since_offset: int | None = None
    limit: int = 50
    window: int = MEBIBYTE

    def ask(self) -> str:
        """The log's size, and the lines found; or its size, the blocks left out, and the rest of the log."""
        return self._search() if self._host_can_search() else self._end_of_log()

    def parse(self, output: Output) -> FoundLines | Follow[FoundLines]:
        """The lines; none if there is no log yet.

        Raises:
            TaskFailed: if the log cannot be read, or has no dates where they count.
        """
        if output.status:
            raise TaskFailed(f"the console log {self.console.log}: {decode(output.stderr).strip()}")
        first, _, data = output.stdout.partition(b"\n")
        size, *skipped = (int(word) for word in first.split())
        if self._host_can_search():
            found = decode(data).split("\n")
            return FoundLines(lines=tuple(strip_line(line) for line in found if line), offset=size)
        start = skipped[0] * _BLOCK
        end = start + len(data)
        if self.since_offset is not None:
            return self._found_after(self.since_offset, data, size=size, start=start)
        lines = decode_log(data, self.console.encoding).split("\n")
        whole = start == 0
        if not whole:
            del lines[0]  # half a line, as a rule
        if self.since is None:
            return FoundLines(lines=self._found(lines), offset=end)
        return self._found_since(lines, self.since, whole=whole, offset=end)

    def lasting(self, answer: Any) -> Any:
        """The last line found; where a log ended at some time says nothing about another time."""
        return None if self.since_offset is not None else answer.lines[-1:]

    def reads(self, resource: str) -> bool:
        """A console command to this server, or a change of the log itself."""
        return resource in (self.console.resource, self.console.log)

    def _host_can_search(self) -> bool:
        encoding = self.console.encoding
        alike = encoding == "utf-8" or (is_ascii_based(encoding) and "".join(self.contains).isascii())
        return alike and self.since is None and self.since_offset is None

    def _search(self) -> str:
        # sed, which every Unix has alike: the greps differ in options, and AIX's cuts long lines.
        log = quote_path(self.console.log)
        finds = " ".join(f"-e {quote('/' + _any_case(text) + '/{')} {_ONCE}" for text in self.contains)
        return (
            f"if test -f {log}; then\n"
            f"  test -r {log} || {{ echo cannot be read >&2; exit 2; }}\n"
            # What is written from now on may be found twice, but is never passed over.
            f"  set x `ls -lnd {log}`; echo $6\n"
            f"  sed -n {finds} {log} | tail -{self.limit}\nelse echo 0; fi"
        )

    def _end_of_log(self) -> str:
        return (
            f"log={quote_path(self.console.log)}; skip=0\n"
            'if test -f "$log"; then\n'
            '  test -r "$log" || { echo cannot be read >&2; exit 2; }\n'
            '  set x `ls -lnd "$log"`\n'
            f"{self._skip()}"
            f'  echo $6 $skip; dd if="$log" bs={_BLOCK} skip=$skip 2>/dev/null\n'
            "else echo 0 0; fi"
        )

    def _skip(self) -> str:
        if self.since_offset is None:
            return (
                f'  if test "$6" -gt {self.window}; then\n'
                f'    skip=`expr "$6" - {self.window}`; skip=`expr $skip / {_BLOCK}`\n'
                "  fi\n"
            )
        # A little more: the line that was not finished then counts as a whole.
        skip = max(0, self.since_offset - _LONGEST_LINE) // _BLOCK
        return f'  if test "$6" -ge {self.since_offset}; then skip={skip}; fi\n'

    def _found_after(self, offset: int, data: bytes, *, size: int, start: int) -> FoundLines:
        anew = size < offset
        before = b"" if anew else data[: offset - start]
        lines = decode_log(data, self.console.encoding).split("\n")
        ended = decode_log(before, self.console.encoding).count("\n")
        return FoundLines(lines=self._found(lines[ended:]), anew=anew, offset=start + len(data))

    def _found(self, lines: Sequence[str]) -> tuple[str, ...]:
        # Without case as in `_any_case`: of ASCII's letters.
        wanted = re.compile("|".join(map(re.escape, self.contains)), re.IGNORECASE | re.ASCII)
        return tuple(strip_line(line) for line in lines if wanted.search(line))[-self.limit :]

    def _found_since(
        self, lines: Sequence[str], since: Since, *, whole: bool, offset: int
    ) -> FoundLines | Follow[FoundLines]:
        dated = list(_with_dates(lines, since.date_format))
        reached = whole or (bool(dated) and dated[0][0] < since.moment)
        if not reached and self.window < _FARTHEST:
            return Follow(replace(self, window=self.window * 4), 0)
        said = [line for line in lines if line.strip()]
        if said and not dated:
            raise TaskFailed(
                f"no line of the console log {self.console.log} has a date like '{since.date_format}'; "
                f"its last line is: {said[-1].strip()}",
                cure="'date_format' must be as this server writes dates (strptime's letters); a log without "
                "dates cannot be searched with 'since'",
            )
        if not reached:
            raise TaskFailed(
                f"the last {self.window // MEBIBYTE} MiB of the console log {self.console.log} do not reach "
                f"back to {since.moment}",
                cure="choose a later 'since'",
            )
        recent = [line for moment, line in dated if moment >= since.moment]
        return FoundLines(lines=self._found(recent), offset=offset)


def _with_dates(lines: Sequence[str], date_format: str) -> Iterator[tuple[datetime, str]]:
    """Each line with its date, or the last one before it; lines before the first date are left out."""
    moment = None
    for line in lines:
        moment = date_of(line, date_format) or moment
        if moment is not None:
            yield moment, line


_ONCE = "-e p -e d -e '}'"  # print the line, and go on with the next one


def _any_case(text: str) -> str:
    """A basic regular expression for a fixed text in any case."""
    return "".join(
        f"[{letter.upper()}{letter.lower()}]"
        if letter.isascii() and letter.isalpha()
        else f"\\{letter}"
        if letter in "\\/.*[^$"
        else letter
        for letter in text
    )
