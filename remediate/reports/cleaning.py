"""Text from hosts made fit to be shown: without what would steer a terminal."""

import re

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of letters, which no encoding has; the others stand for bytes that are not UTF-8."""

_UNSAFE = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Only what a terminal shows: escape sequences and other control characters are replaced."""
    if text.replace("\n", "").replace("\t", "").isprintable():  # most texts are
        return text
    known = _HALVES.sub(_UNSAFE, text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else _UNSAFE for each in known)


def indented(text: str) -> str:
    """The same as one line and what belongs to it: no text of a host can pass for a line of ours."""
    return printable(text).rstrip("\n").replace("\n", "\n      ")
