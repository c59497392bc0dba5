"""The words and signs that every view of a plan uses, so that all of them say the same."""

import re
from collections.abc import Sequence, Sized
from typing import Literal

from remediate.reports.cleaning import printable
from remediate.sealing import in_words

Sign = Literal["+", "~", "-", ""]
Kind = Literal[
    "adds",
    "changes",
    "removes",
    "waits",
    "needs a person",
    "known after apply",
    "failed",
    "unreachable",
    "nothing to do",
    "skipped",
    "not run",
]
"""What a task comes to on a host, in the words that every view uses."""

SIGNS: dict[Kind, str] = {
    "adds": "+",
    "changes": "~",
    "removes": "-",
    "waits": "=",
    "needs a person": "!",
    "known after apply": "?",
    "failed": "x",
    "unreachable": "x",
    "nothing to do": ".",
    "skipped": ".",
    "not run": " ",
}

IDLE: tuple[Kind, ...] = ("nothing to do", "skipped")
"""What a task comes to where it is settled that it changes nothing."""

_NUMBER = re.compile("([0-9]+)")
_MOST_NAMES = 8
"""Hosts that are named before they are counted."""


def fit_to_show(text: str, nonce: str) -> str:
    """A text of a plan with its seals in words, and nothing in it that steers a terminal."""
    return printable(in_words(text, nonce))


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """By this, names are put in order: `mail9` before `mail10`."""
    # Numbers are every second part, so that like is compared with like.
    parts = enumerate(_NUMBER.split(name))
    return tuple(int(part) if number % 2 else part for number, part in parts), name


def one_line(text: str) -> str:
    """The text in one line: no line feed of a host begins a line of ours."""
    return " ".join(text.split())


def clipped(text: str, most: int = 2000) -> str:
    """The beginning of a long text, and how much more there is."""
    more = len(text) - most
    return text if more <= 0 else f"{text[:most]} … and {more:,} more letters"


def counted(number: int, what: str) -> str:
    """A number with its noun: `1 host`, `2,000 hosts`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def named(hosts: Sequence[str], all_hosts: Sized) -> str:
    """The hosts in a line: all of them in one word, of many the first and how many more."""
    if len(hosts) == len(all_hosts) > 1:
        return f"all {len(hosts):,} hosts" if hosts[2:] else "both hosts"
    more = len(hosts) - _MOST_NAMES
    return ", ".join(hosts[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
