"""`remediate` at a terminal where somebody sits: in a process of its own, behind a pty."""

import codecs
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from commands import Done

_QUESTION = re.compile(
    r"TO BE DONE BY A PERSON, for \d+ hosts?:\n +(?P<hosts>[^\n]*)\n"
    r"(?P<prompt>.*?)\n +(?P<invites>[^\n]*done: )\Z",
    re.DOTALL,
)
_AGAIN = re.compile(r"\n +that is not [^\n]*done: \Z")
END = "\x04"
"""What is typed for the end of the input."""


@dataclass(frozen=True)
class Asked:
    """A question as the person sees it."""

    hosts: tuple[str, ...]
    prompt: str
    invites: str


Person = Callable[[Asked], list[str]]
"""Does what is asked, and gives the lines to type, one for each time that the terminal invites to."""


def at_terminal(tmp: Path, *words: str | Path, person: Person) -> tuple[Done, list[Asked]]:
    """Run the command; the person answers each question. Returns how it ended, and what was asked."""
    events = tmp / "events.jsonl"
    events.unlink(missing_ok=True)
    line = [sys.executable, "-m", "remediate", *map(str, words)]
    line += ["--events", str(events), "--state-dir", str(tmp / "state")]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        try:
            shown, asked = _converse(ours, person)
        except BaseException:
            process.kill()
            raise
        finally:
            os.close(ours)
        code = process.wait()
    lines = events.read_text().splitlines() if events.exists() else []
    return Done(code, shown, "", [json.loads(each) for each in lines]), asked


def _converse(terminal: int, person: Person) -> tuple[str, list[Asked]]:
    shown, since, asked = "", "", []
    to_type: list[str] = []
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter, or \r\n, may come in two pieces
    while said := _read(terminal):
        since = (since + decoder.decode(said)).replace("\r\n", "\n")
        question = _QUESTION.search(since)
        if question is not None and "TO BE DONE" not in question["prompt"]:
            one = Asked(
                tuple(question["hosts"].split(", ")), _unindented(question["prompt"]), question["invites"]
            )
            asked.append(one)
            to_type = list(person(one))
        elif not (to_type and _AGAIN.search(since)):
            continue
        os.write(terminal, (to_type.pop(0) if to_type else END).encode())
        shown, since = shown + since, ""
    return shown + since, asked


def _read(terminal: int) -> bytes:
    with suppress(OSError):  # the other side has closed it
        return os.read(terminal, 65536)
    return b""


def _unindented(text: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in text.split("\n"))
