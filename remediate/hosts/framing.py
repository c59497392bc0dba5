"""A batch of scripts as text for a persistent Bourne shell, and its answers taken apart again.

Each script is one quoted word that the shell evaluates in a subshell of its own, with nothing to read:
an `exit`, a `cd`, an unclosed quote or a syntax error of one harms no other and not the shell itself. A
random token, known to nobody before, marks where each answer ends; on stderr only between scripts that write
to it. Each mark is a packet, which takes both ends about as long as a small question. What the shell itself
says of a script that writes nothing there, and was killed, stands with its neighbour's.
"""

import re
import secrets
from collections.abc import Sequence

from remediate.bourne import ALL_AS_OUTPUT, WITHOUT_COMPLAINTS, encode, quote
from remediate.errors import TaskFailed
from remediate.facts.base import Output

END = b" .\n"
"""What the last mark on each stream ends with: a reader need not be woken for what comes before it."""

_NUMBER = re.compile(rb" (\d{1,10})")


class Batch:
    """Some scripts sent together, and as much of their answers as has arrived."""

    def __init__(self, scripts: Sequence[str], *, first: bool = True, fed: bool = False) -> None:
        """Compose the text.

        Args:
            scripts: Bourne-shell texts.
            first: whether the shell was asked for nothing before. Else its answers begin where those before
                them ended: marks that are not needed are packets that are not sent. What a process that was
                left running says meanwhile is then the first answer's, as it may be any other's.
            fed: the one script reads what comes after the text; the shell then ends. Nothing may be sent
                before `pid` is known: until then the shell itself may read on, in blocks.
        """
        token = secrets.token_hex(16)
        self._speaking = [_speaks(script) for script in scripts]
        self.text = (
            _compose_fed(*scripts, token=token)
            if fed
            else _compose(scripts, self._speaking, token, first=first)
        )
        self.pid: int | None = None
        """The process id of the shell, once it has said so, which it does in its first batch."""
        self._begun = int(first)  # pieces before the first answer
        self._out = _Stream(token.encode(), len(scripts) + self._begun)
        self._err = _Stream(token.encode(), max(sum(self._speaking), 1) + self._begun)

    def feed(self, stdout: bytes, stderr: bytes) -> None:
        """Take what has arrived."""
        self._out.feed(stdout)
        self._err.feed(stderr)
        if self.pid is None and self._begun and self._out.pieces:
            self.pid = _number(self._out.pieces[0][1])

    @property
    def complete(self) -> bool:
        """Whether all the answers are there."""
        return self._out.complete and self._err.complete

    @property
    def size(self) -> int:
        """How many bytes have arrived."""
        return self._out.size + self._err.size

    @property
    def complaint(self) -> bytes:
        """What is on stderr after the last mark: why the shell ended, if it did, and what was said before."""
        return self._err.rest()

    def outputs(self) -> list[Output]:
        """The answers, one a script, in the scripts' order. What a shell says at its start is nobody's."""
        said = iter(self._err.pieces[self._begun :])
        return [
            Output(status=_number(mark), stdout=stdout, stderr=next(said)[0] if speaks else b"")
            for (stdout, mark), speaks in zip(self._out.pieces[self._begun :], self._speaking, strict=True)
        ]


class _Stream:
    """One of the two streams, cut at its marks: the token, perhaps a number, the end of the line."""

    def __init__(self, token: bytes, expected: int) -> None:
        self.pieces: list[tuple[bytes, bytes]] = []
        self.size = 0
        self._token = token
        self._expected = expected
        self._pending = bytearray()
        self._searched = 0

    @property
    def complete(self) -> bool:
        return len(self.pieces) == self._expected

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self._pending += data
        while not self.complete:
            start = self._pending.find(self._token, self._searched)
            if start < 0:
                # the token may have arrived in part
                self._searched = max(0, len(self._pending) - len(self._token))
                return
            end = self._pending.find(b"\n", start)
            if end < 0:
                self._searched = start
                return
            number = bytes(self._pending[start + len(self._token) : end])
            self.pieces.append((bytes(self._pending[:start]), number))
            del self._pending[: end + 1]
            self._searched = 0

    def rest(self) -> bytes:
        return bytes(self._pending)


def _number(mark: bytes) -> int:
    """The number behind a mark. Only a shell of ours knows marks, but what plays one may say anything."""
    found = _NUMBER.match(mark)
    if found is None:
        raise TaskFailed("what runs there as a shell answers as none does")
    return int(found[1])


def _speaks(script: str) -> bool:
    """Whether it may write to stderr."""
    return not script.startswith((ALL_AS_OUTPUT, WITHOUT_COMPLAINTS))


def _compose(scripts: Sequence[str], speaking: Sequence[bool], token: str, *, first: bool) -> bytes:
    # `eval` of a word that starts with a dash would take it for an option, hence the blank.
    lines = [f'LC_ALL=C; export LC_ALL; echo "{token} $$"; echo {token} >&2\n'] if first else []
    for number, script in enumerate(scripts, 1):
        word = quote(f" {script}\n")
        end = END.decode().rstrip() if number == len(scripts) else ""
        lines.append(f'( eval {word} ) </dev/null\necho "{token} $?{end}"\n')
        if end or (speaking[number - 1] and any(speaking[number:])):
            lines.append(f'echo "{token}{end}" >&2\n')
    return encode("".join(lines))


def _compose_fed(script: str, *, token: str) -> bytes:
    # One compound command: a shell runs none of it before it has read all of it, and then reads no more.
    word = quote(f" {script}\n")
    return encode(
        f'{{ LC_ALL=C; export LC_ALL; echo "{token} $$"; echo {token} >&2\n'
        f'( eval {word} )\necho "{token} $?"; echo {token} >&2; exit 0; }}\n'
    )
