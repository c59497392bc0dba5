"""Answers for people, and how two of them differ."""

from typing import Any

from remediate.answers import Unknown
from remediate.bourne import decode
from remediate.facts.base import Output
from remediate.facts.comparing import unified
from remediate.facts.digest import FileDigest
from remediate.facts.files import FileText, PathStatus
from remediate.secrecy import whole_or_counted

_ABSENT = "it is not there"
_IRREGULAR = "it is no regular file"
_LONGEST = 200
"""Letters of an answer that are shown, unless it is a file's text."""


def shown(answer: Any) -> str:
    """An answer as a person reads it: of a path in words and an octal mode, of a file its text."""
    match answer:
        case PathStatus():
            return _status(answer)
        case FileText(kind="absent"):
            return _ABSENT
        case FileText(kind="file", content=None):
            return f"a file of {answer.size} bytes (cksum {answer.checksum}), too large to be shown"
        case FileText(content=str(content)):
            return content
        case FileText():
            return _IRREGULAR
        case FileDigest(kind="absent"):
            return _ABSENT
        case FileDigest(kind="file"):
            sha256 = "" if answer.sha256 is None else f", sha256 {answer.sha256}"
            return f"a file of {answer.size} bytes (cksum {answer.cksum}{sha256})"
        case FileDigest():
            return _IRREGULAR
        case Output():
            printed = decode(answer.stdout + answer.stderr).rstrip("\n")
            return f"exit status {answer.status}\n{whole_or_counted(printed, _LONGEST)}".rstrip("\n")
        case dict():
            return "\n".join(f"{name} -> {value}" for name, value in answer.items()) or "none"
        case tuple():
            lines = "\n".join(each if isinstance(each, str) else repr(each) for each in answer)
            return (lines if len(lines) <= _LONGEST else f"{len(answer):,} of them") or "none"
        case None:
            return "none"
    return whole_or_counted(answer if isinstance(answer, str) else repr(answer), _LONGEST)


def _status(status: PathStatus) -> str:
    """Without what nobody knows of it: to format an Unknown would be to decide on it."""
    if not isinstance(status.kind, Unknown) and status.kind == "absent":
        return _ABSENT
    lines = {
        "kind": ("{}", status.kind),
        "mode": ("{:04o}", status.mode),
        "owner": ("{} ({})", status.owner, status.uid),
        "group": ("{} ({})", status.group, status.gid),
        "size": ("{} bytes", status.size),
        "target": ("{}", status.target),
    }
    return "\n".join(f"{name}: {_known(*line)}" for name, line in lines.items() if _known(*line))


def _known(form: str, *values: Any) -> str:
    """The values as `form` has them; those that are known alone, and nothing of none."""
    known = [value for value in values if not isinstance(value, Unknown)]
    return form.format(*known) if len(known) == len(values) else " ".join(str(value) for value in known)


def difference(before: str, after: str, *, was: str, now: str) -> list[str]:
    """Two texts compared, in lines; `was` and `now` say what they are."""
    return list(unified(before.split("\n"), after.split("\n"), was, now, context=1, end=""))
