"""How an effect left the host: the guards under which it is taken back."""

from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Guard
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text

OPEN = Unknown("what the effect does not decide")
"""Agrees with anything."""

PRIVATE, PRIVATE_DIRECTORY = 0o600, 0o700
"""The modes of what is made again, until its owner is right."""

_CURE = "something else changed it after the run; look, and take back by hand what is to be taken back"


def any_status(**known: Any) -> PathStatus:
    """A status of which only this is known."""
    unknown = dict.fromkeys(("kind", "mode", "owner", "group", "uid", "gid", "size", "target"), OPEN)
    return PathStatus(**{**unknown, **known})


def has_answer(fact: Fact[Any], answer: Any, what: str) -> Guard:
    """The question still has this answer."""
    return Guard(fact=fact, answer=answer, what=what, cure=_CURE)


def has_status(path: str, status: PathStatus) -> Guard:
    """What is at the path is of this kind, mode and owner."""
    return has_answer(FileStatus(path), status, f"what is at {path}, or its mode or owner,")


def holds(path: str, text: FileText) -> Guard:
    """The file holds this."""
    return has_answer(Text(path), text, f"the content of {path}")


def is_empty(path: str) -> Guard:
    """Nothing is in the directory."""
    return has_answer(Listing(path), (), f"what is in {path}")
