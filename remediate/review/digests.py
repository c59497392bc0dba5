"""Which effect a planned one is: keyed sums tell whether two are the same, and nothing of what they hold.

What a dry run cannot know of an effect, such as the owner that a file will have which is not there yet, is
left out: an apply may fill it in.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from types import NoneType
from typing import Any

from remediate.answers import Unknown
from remediate.canonical import canonical
from remediate.effects.base import Effect
from remediate.effects.codec import digest
from remediate.records import compared_fields

_SINGLE = frozenset({str, bytes, int, float, bool, NoneType})


def key_id(key: bytes) -> str:
    """Which key this is, without telling it."""
    return hmac.new(key, b"remediate plan", hashlib.sha256).hexdigest()[:16]


def effect_digest(effect: Effect, key: bytes) -> str:
    """A sum for the whole effect; where something in it is unknown, one for each part that is not."""
    if not _has_unknown(effect):
        return digest(effect, key)
    return canonical({"class": type(effect).__name__, **dict(_parts("", effect, key))})


def is_planned(planned: str, effect: Effect, key: bytes) -> bool:
    """Whether an effect, whole by now, is the one of which this is the sum."""
    if not planned.startswith("{"):
        return planned == digest(effect, key)
    found = {"class": type(effect).__name__, **dict(_all_parts("", effect, key))}
    return all(found.get(part) == sum_ for part, sum_ in json.loads(planned).items())


def _has_unknown(value: Any) -> bool:
    kind: Any = type(value)
    if kind in _SINGLE:
        return False
    if isinstance(value, dict):
        return any(map(_has_unknown, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_unknown, value))
    return isinstance(value, Unknown) or any(
        _has_unknown(getattr(value, name)) for name in compared_fields(kind)
    )


def _parts(path: str, value: Any, key: bytes) -> Iterator[tuple[str, str]]:
    """The sum of each part that holds nothing unknown, as large as possible."""
    if isinstance(value, Unknown):
        return
    if not _has_unknown(value):
        yield path, digest(value, key)
        return
    for name, each in _inside(value):
        yield from _parts(f"{path}.{name}", each, key)


def _all_parts(path: str, value: Any, key: bytes) -> Iterator[tuple[str, str]]:
    """The sum of each part, large and small."""
    yield path, digest(value, key)
    for name, each in _inside(value):
        yield from _all_parts(f"{path}.{name}", each, key)


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            yield from ((str(name), each) for name, each in value.items())
        case list() | tuple():
            yield from ((str(number), each) for number, each in enumerate(value))
    kind: Any = type(value)
    yield from ((name, getattr(value, name)) for name in compared_fields(kind))
