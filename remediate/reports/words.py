"""How all reports count, name and shorten, so that they say the same in the same words."""

import re
from collections.abc import Sequence, Sized

from remediate.reports.cleaning import printable

_NUMBER = re.compile("([0-9]+)")
_MOST_NAMES = 8
"""Hosts that are named before they are counted."""


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """By this, names are put in order: `mail9` before `mail10`."""
    # Numbers are every second part, so that like is compared with like.
    parts = enumerate(_NUMBER.split(name))
    return tuple(int(part) if number % 2 else part for number, part in parts), name


def one_line(text: str) -> str:
    """The text in one line: no line feed of a host begins a line of ours."""
    return " ".join(text.split())


def printable_line(text: str) -> str:
    """The same, with nothing in it that steers a terminal."""
    return one_line(printable(text))


def place_told(status: str, place: str, message: str) -> str:
    """Where a task that failed is written, unless its message has said it; empty for one that did not."""
    # What takes back a run is written in no file.
    return f"at {place}" if status == "failed" and ":" in place and f"{place}:" not in message else ""


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
