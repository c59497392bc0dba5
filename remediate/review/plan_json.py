"""A plan as a value of JSON's kinds, and back: by the types of its fields, nothing more and nothing less.

What is as it is by default is left out, so that a field which a later version adds does not change what older
plans are. Mappings keep their order and the kinds of what is in them.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from remediate.effects.codec import decode, encode
from remediate.review.folding import Folded, fold
from remediate.review.plan import Plan, PlannedTask

Read = Callable[[Any], Any]


def folded(plan: Plan) -> Folded:
    """The plan as JSON, folded; tasks that are the same on many hosts are one object in it."""
    known: dict[type, list[tuple[str, Any, bool]]] = {}

    def as_json(value: Any) -> Any:
        kind = type(value)
        if kind not in known:
            known[kind] = [
                (name, default, get_origin(hint) is Mapping) for name, hint, default in _fields(kind)
            ]
        held = [(name, getattr(value, name), default, coded) for name, default, coded in known[kind]]
        return {
            name: encode(each) if coded else each for name, each, default, coded in held if each != default
        }

    return fold(plan, as_json, alike=PlannedTask)


def plan_from_json(data: Any) -> Plan:
    """The plan that `folded` was given, of what is unfolded.

    Parts that are one object there are one object in the plan.

    Raises:
        ValueError: if this is no plan.
        InputError: if a value in it is of a kind that is not known.
    """
    plan: Plan = _Readers().of(Plan)(data)
    return plan


class _Readers:
    """For each type a function that reads data of it, and remembers what became of which object."""

    def __init__(self) -> None:
        self._known: dict[Any, Read] = {}

    def of(self, hint: Any) -> Read:
        """The function for this type."""
        if hint not in self._known:
            self._known[hint] = self._made(hint)
        return self._known[hint]

    def _made(self, hint: Any) -> Read:
        origin, words = get_origin(hint), get_args(hint)
        if hint in (str, bool, int):
            return lambda data: data if type(data) is hint else _refuse(data, hint)
        if hint is Any:
            return lambda data: data
        if origin is Literal:
            return lambda data: data if data in words else _refuse(data, hint)
        if origin in (Union, UnionType):
            inner = self.of(next(word for word in words if word is not NoneType))
            return lambda data: None if data is None else inner(data)
        if origin is tuple:
            return self._tuple(hint, words)
        if origin is Mapping:
            return self._mapping(hint, self.of(words[1]))
        return self._instance(hint)

    def _tuple(self, hint: Any, words: tuple[Any, ...]) -> Read:
        each_word = [self.of(word) for word in words if word is not Ellipsis]
        every = each_word[0] if words[-1] is Ellipsis else None

        def read(data: Any) -> Any:
            if not isinstance(data, list) or (every is None and len(data) != len(words)):
                _refuse(data, hint)
            if every is not None:
                return tuple(map(every, data))
            return tuple(inner(each) for inner, each in zip(each_word, data, strict=True))

        return read

    @staticmethod
    def _mapping(hint: Any, inner: Read) -> Read:
        def read(data: Any) -> Any:
            mapping = decode(data)
            if not isinstance(mapping, dict) or not all(isinstance(key, str) for key in mapping):
                _refuse(data, hint)
            return {key: inner(each) for key, each in mapping.items()}

        return read

    def _instance(self, kind: type) -> Read:
        inner = {name: self.of(hint) for name, hint, _ in _fields(kind)}
        needed = {name for name, _, default in _fields(kind) if default is MISSING}
        done: dict[int, Any] = {}  # by the ids of objects that live as long as the whole is read

        def read(data: Any) -> Any:
            found = done.get(id(data))
            if found is None:
                if not isinstance(data, dict) or not needed <= data.keys() <= inner.keys():
                    _refuse(data, kind)
                found = done[id(data)] = kind(**{name: inner[name](each) for name, each in data.items()})
            return found

        return read


def _fields(kind: type) -> list[tuple[str, Any, Any]]:
    """Of each field its name, its type, and its default or MISSING."""
    hints = get_type_hints(kind)
    return [
        (
            each.name,
            hints[each.name],
            each.default_factory() if each.default_factory is not MISSING else each.default,
        )
        for each in fields(kind)
    ]


def _refuse(data: Any, hint: Any) -> Any:
    raise ValueError(f"{type(data).__name__} where there should be {getattr(hint, '__name__', hint)}")
