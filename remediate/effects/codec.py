"""Effects, facts, answers and the values in them as JSON, and back: what plans and journals keep.

A value whose kind JSON does not have is an object with one key that begins with `$`; an effect, a fact or an
answer is an object whose key `$` names its class. Texts stay texts, also those of bytes, so that a secret is
found in whatever holds it.
"""

import hashlib
import hmac
import importlib
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import remediate.answers
import remediate.effects
import remediate.facts
from remediate.canonical import canonical
from remediate.errors import InputError
from remediate.secrecy import MARK, Secret

_CLASS = "$"
_OLDER = "use the version of remediate that wrote it, or make it anew"


def encode(value: Any) -> Any:
    """The value in JSON's own kinds, from which `decode` makes the same one again.

    Raises:
        TypeError: something in it is of no kind that is kept; a defect of who asks for it.
    """
    return _encoded(value, lambda _field: True, _object)


def digest(value: Any, key: bytes = b"") -> str:
    """A SHA-256 (hexadecimal) that equal values share: fields that do not count for `==` do not count here.

    With a key nobody else can tell from it what is in the value, by trying whatever it may be.
    """
    # The order of a mapping's keys does not count for `==` either.
    encoded = _encoded(value, lambda each: each.compare, _sorted_object)
    data = canonical(encoded).encode("utf-8", "surrogatepass")
    return hmac.digest(key, data, "sha256").hex() if key else hashlib.sha256(data).hexdigest()


def decode(data: Any) -> Any:
    """What `encode` was given.

    Raises:
        InputError: it is nothing that `encode` makes, or names a class that this version does not have.
    """
    if isinstance(data, list):
        return [decode(each) for each in data]
    if not isinstance(data, dict):
        return data
    if _CLASS in data:
        return _rebuilt(data)
    marks = [key for key in data if key.startswith("$")]
    if not marks:
        return {key: decode(each) for key, each in data.items()}
    kind = _KINDS.get(marks[0])
    if kind is None or len(data) != 1:
        raise InputError(f"a kept value of an unknown kind: {', '.join(sorted(data))[:80]}", cure=_OLDER)
    try:
        return kind(data[marks[0]])
    except (TypeError, ValueError) as error:
        raise InputError(f"a kept value is no {marks[0][1:]}: {error}", cure=_OLDER) from None


@cache
def registry() -> Mapping[str, type]:
    """The classes that may be kept, by their names: the public frozen dataclasses of facts and effects.

    Those whose names begin with `_` are steps on the way to an answer, which nobody keeps.
    """
    packages = (remediate.facts, remediate.effects)
    names = [
        each.name for pkg in packages for each in pkgutil.walk_packages(pkg.__path__, f"{pkg.__name__}.")
    ]
    found: dict[str, type] = {}
    for module in (remediate.answers, *map(importlib.import_module, names)):
        for name, kind in vars(module).items():
            if not _is_kept(kind) or kind.__module__ != module.__name__:
                continue
            if name in found:
                raise AssertionError(f"{kind} and {found[name]} have one name")
            found[name] = kind
    return found


_ROOMS = tuple(f"{each.__name__}." for each in (remediate.answers, remediate.facts, remediate.effects))


def _is_kept(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and not kind.__name__.startswith("_")


@cache
def _is_registered(kind: Any) -> bool:
    """Whether it is in the registry, for which nothing is imported that is not there already."""
    module = sys.modules.get(kind.__module__)
    return (
        _is_kept(kind)
        and f"{kind.__module__}.".startswith(_ROOMS)
        and getattr(module, kind.__name__, None) is kind
    )


@cache
def _fields(kind: Any) -> tuple[Field[Any], ...]:
    return tuple(each for each in fields(kind) if each.init)


def _encoded(
    value: Any, counts: Callable[[Field[Any]], bool], as_object: Callable[[list[tuple[Any, Any]]], Any]
) -> Any:
    def walk(value: Any) -> Any:
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind is list:
            return [walk(each) for each in value]
        if kind is dict:
            return as_object([(walk(key), walk(each)) for key, each in value.items()])
        return rare(value)

    def rare(value: Any) -> Any:
        kind: Any = type(value)
        if _is_registered(kind):
            held = {each.name: walk(getattr(value, each.name)) for each in _fields(kind) if counts(each)}
            return {_CLASS: kind.__name__, **held}
        match value:
            case list():
                return [walk(each) for each in value]
            case tuple():
                return {"$tuple": [walk(each) for each in value]}
            case Mapping():
                return as_object([(walk(key), walk(each)) for key, each in value.items()])
            case bytes():
                return {"$bytes": value.decode("utf-8", "surrogateescape")}
            case Secret():
                return {MARK: value.reveal()}
            case datetime():
                return {"$datetime": value.isoformat()}
            case date():
                return {"$date": value.isoformat()}
        for plain in (str, int, float):  # subclasses of them
            if isinstance(value, plain):
                return plain(value)
        raise TypeError(f"a {kind.__module__}.{kind.__qualname__} cannot be kept")

    return walk(value)


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def _object(pairs: list[tuple[Any, Any]]) -> Any:
    """The pairs as a JSON object where that loses nothing: neither what the keys are nor their order."""
    names = [key for key, _ in pairs]
    if all(isinstance(key, str) and not key.startswith("$") for key in names) and names == sorted(names):
        return dict(pairs)
    return {"$mapping": [[key, each] for key, each in pairs]}


def _sorted_object(pairs: list[tuple[Any, Any]]) -> Any:
    return _object(sorted(pairs, key=lambda pair: (not isinstance(pair[0], str), canonical(pair[0]))))


def _rebuilt(data: Mapping[str, Any]) -> Any:
    name = data[_CLASS]
    kind = registry().get(name) if isinstance(name, str) else None
    if kind is None:
        raise InputError(f"a kept value is of a class that is not known: {str(name)[:80]}", cure=_OLDER)
    given = {key: decode(each) for key, each in data.items() if key != _CLASS}
    if given.keys() != {each.name for each in _fields(kind)}:
        raise InputError(f"a kept {name} has other fields than this version's", cure=_OLDER)
    return kind(**given)


def _text_of(data: Any) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{type(data).__name__} in place of a text")
    return data


def _items_of(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError(f"{type(data).__name__} in place of a list")
    return [decode(each) for each in data]


def _mapping_of(data: Any) -> dict[Any, Any]:
    return dict(_items_of(data))


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "$tuple": lambda data: tuple(_items_of(data)),
    "$mapping": _mapping_of,
    "$bytes": lambda data: _text_of(data).encode("utf-8", "surrogateescape"),
    MARK: lambda data: Secret(_text_of(data)),
    "$datetime": lambda data: datetime.fromisoformat(_text_of(data)),
    "$date": lambda data: date.fromisoformat(_text_of(data)),
}
