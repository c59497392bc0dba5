"""Answers for people, and how two of them differ."""

import difflib
from typing import Any

from remediate.answers import Unknown
from remediate.facts.files import FileText, PathStatus

_LONGEST = 200
"""Letters of an answer that are shown, unless it is a file's text."""


def shown(answer: Any) -> str:
    """An answer as a person reads it: of a path in words and an octal mode, of a file its text."""
    match answer:
        case FileText(kind="absent") | PathStatus(kind="absent"):
            return "it is not there"
        case FileText(kind="file", content=None):
            return f"a file of {answer.size} bytes (cksum {answer.checksum}), too large to be shown"
        case FileText(content=str(content)):
            return content
        case FileText():
            return "it is no regular file"
        case PathStatus():
            return _status(answer)
        case dict():
            return "\n".join(f"{name} -> {value}" for name, value in answer.items()) or "none"
    text = repr(answer)
    # Counted rather than cut: a half of a secret would not be known as one.
    return text if len(text) <= _LONGEST else f"{len(text)} letters"


def _status(status: PathStatus) -> str:
    mode = status.mode if isinstance(status.mode, Unknown) else f"{status.mode:04o}"
    lines = [
        f"kind: {status.kind}",
        f"mode: {mode}",
        f"owner: {status.owner} ({status.uid})",
        f"group: {status.group} ({status.gid})",
        f"size: {status.size} bytes",
        *([f"target: {status.target}"] if status.target else []),
    ]
    return "\n".join(lines)


def difference(before: str, after: str, *, was: str, now: str) -> list[str]:
    """Two texts compared, in lines; `was` and `now` say what they are."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), was, now, n=1, lineterm="")
    return list(lines)
