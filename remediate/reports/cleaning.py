"""Text from hosts made fit to be shown: without secrets, and without what would steer a terminal."""

from collections.abc import Mapping
from typing import Any

from remediate.secrecy import Redactor

_UNSAFE = "\N{REPLACEMENT CHARACTER}"


def redacted(value: Any, redactor: Redactor) -> Any:
    """A value with the secrets out of every text in it; bytes that are no UTF-8 are replaced.

    A text must be redacted before it is escaped (by JSON, by `repr`), hence the whole value at once.
    """
    if isinstance(value, str):
        return redactor.redact(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {redacted(key, redactor): redacted(each, redactor) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(each, redactor) for each in value]
    return value


def printable(text: str) -> str:
    """Only what a terminal shows: escape sequences and other control characters are replaced."""
    known = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else _UNSAFE for each in known)
