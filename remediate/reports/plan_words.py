"""The words and signs that every view of a plan uses, so that all of them say the same."""

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


def fit_to_show(text: str, nonce: str) -> str:
    """A text of a plan with its seals in words, and nothing in it that steers a terminal."""
    return printable(in_words(text, nonce))
