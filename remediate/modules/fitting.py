"""Values that fit a parameter's type as they are, which nearly all do: for these no checker is made.

Whatever does not fit so is left to `checkers`: it is made to fit there, or told what is wrong with it.
"""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from remediate.modules.checkers import Check

Fit = Callable[[Any], Any]
"""Gives what a checker would make of a value, and raises ValueError where only a checker can tell."""

_EXACT = (bool, float, int, str, NoneType)


def fit(kind: Any) -> Fit:
    """What takes the values that are of this type already."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value: value
    if kind in _EXACT:
        return lambda value: value if type(value) is kind else _none(value)
    if origin is Annotated:
        return _noted(fit(parts[0]), kind.__metadata__)
    if origin is Literal:
        return _only(str, lambda value: parts[parts.index(value)])
    if origin in (Union, UnionType):
        return _first([fit(part) for part in parts])
    if origin is list:
        item = fit(parts[0])
        return _only(list, lambda value: [item(each) for each in value])
    if origin is tuple:
        item = fit(parts[0])
        return _only(list, lambda value: tuple(item(each) for each in value))
    if origin in (dict, Mapping):
        key, item = map(fit, parts)
        return _only(dict, lambda value: {key(name): item(each) for name, each in value.items()})
    return _none


def _none(_value: Any) -> Any:
    raise ValueError


def _only(kind: type, take: Fit) -> Fit:
    """Not for subclasses: a truth value is no number here, and a text may be more than it seems."""
    return lambda value: take(value) if type(value) is kind else _none(value)


def _first(choices: list[Fit]) -> Fit:
    def take(value: Any) -> Any:
        for each in choices:
            try:
                return each(value)
            except ValueError:
                continue
        return _none(value)

    return take


def _noted(take: Fit, notes: tuple[Any, ...]) -> Fit:
    for note in notes:
        take = _checked(take, note.function, note.when) if isinstance(note, Check) else _none
    return take


def _checked(take: Fit, function: Fit, when: str) -> Fit:
    match when:
        case "before":
            return lambda value: take(function(value))
        case "after":
            return lambda value: function(take(value))
    return function
