"""JSON in which what is there more than once stands once: thousands of hosts have most of a plan in common.

A folded value is a sequence of lines. Each is the canonical JSON of a value in which `"=12"` stands for the
value of line 12 (from 0); a text that begins with `=` by itself has one more before it. The last line is the
whole. One value has one folded form only.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import NoneType
from typing import Any

from remediate.canonical import canonical
from remediate.records import dataclass

_REFERENCE = "="
_SINGLE = frozenset({int, float, bool, NoneType})
_SHORTEST = 16
"""Characters that a repeated value must have at least: a shorter one is no longer than a reference to it."""

AsJson = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Folded:
    """A folded value: the lines before the last one, and what is written in that one."""

    before: Sequence[str]
    root: Any

    @property
    def lines(self) -> list[str]:
        """All lines."""
        return [*self.before, canonical(self.root)]

    def having(self, name: str, sum_: str) -> "Folded":
        """As if the object that is folded had had one thing more: a sum, as no other text is."""
        return replace(self, root={**self.root, name: sum_})


def fold(value: Any, as_json: AsJson = dict, alike: type | None = None) -> Folded:
    """The value, folded. Where the same object is in it many times, it is looked at only once.

    `as_json` is asked for what stands for a value that is of no kind that JSON has; its parts may be of none,
    too. Those of the class `alike` are looked at only once if they are equal.
    """
    folder = _Folder(as_json, alike)
    return folder.folded(folder.number(value))


def unfold(lines: Iterable[str]) -> Any:
    """The value; what stands once in the lines is one object in it.

    Raises:
        ValueError: if these are no lines of a folded value.
    """
    values: list[Any] = []
    for line in lines:
        value = json.loads(line)
        if canonical(value) != line:
            raise ValueError("not written in the one way")
        values.append(_unfolded(value, values))
    if not values:
        raise ValueError("no lines")
    return values[-1]


def _unfolded(value: Any, before: list[Any]) -> Any:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        rest = value[1:]
        if rest.startswith(_REFERENCE):
            return rest
        if not rest.isdecimal() or int(rest) >= len(before):
            raise ValueError(f"no line {rest[:20]}")
        return before[int(rest)]
    if isinstance(value, list):
        return [_unfolded(each, before) for each in value]
    if isinstance(value, dict):
        return {key: _unfolded(each, before) for key, each in value.items()}
    return value


_NONE = -1
_LIST = None
"""What the key of a list begins with; that of an object begins with its names, a number's with a text."""


class _Folder:
    """Gives each different value a number, parts before wholes, and counts where it stands."""

    def __init__(self, as_json: AsJson, alike: type | None) -> None:
        self._as_json = as_json
        self._alike = alike
        self._numbers: dict[Any, int] = {}
        """Of each different value by its key: a text is its own, a list or an object has the numbers of its
        parts in it."""
        self._by_object: dict[int, int] = {}
        self._by_value: dict[Any, int] = {}
        self._alive: list[Any] = []
        """Whatever is in `_by_object`: no other object may get its id."""
        self._values: list[Any] = []
        """Texts and numbers themselves; of all others the keys."""
        self._places: list[int] = []

    def number(self, value: Any) -> int:
        """Its number; to be asked once for each place where it stands."""
        kind = type(value)
        if isinstance(value, str):
            found = self._known(value, value)
        elif kind in _SINGLE:
            found = self._known((repr(value),), value)  # in Python 1 is True and 1.0, and 0.0 is -0.0
        elif kind is tuple:
            found = self._listed(value)
        elif kind is dict or kind is list:
            found = self._by_object.get(id(value), _NONE)
            if found == _NONE:
                self._alive.append(value)
                found = self._by_object[id(value)] = self._composed(value)
        elif kind is self._alike:
            found = self._by_value.get(value, _NONE)
            if found == _NONE:
                found = self._by_value[value] = self._composed(self._as_json(value))
        else:
            found = self._composed(self._as_json(value))
        self._places[found] += 1
        return found

    def _composed(self, value: Any) -> int:
        if isinstance(value, list):
            return self._listed(value)
        names = tuple(sorted(value))
        parts = [self.number(value[name]) for name in names]
        return self._whole((names, *parts), parts)

    def _listed(self, value: Sequence[Any]) -> int:
        parts = list(map(self.number, value))
        return self._whole((_LIST, *parts), parts)

    def _whole(self, key: tuple[Any, ...], parts: list[int]) -> int:
        before = len(self._values)
        found = self._known(key, key)
        if found < before:  # an equal one has been there: its parts stand in it once
            for part in parts:
                self._places[part] -= 1
        return found

    def _known(self, key: Any, value: Any) -> int:
        found = self._numbers.get(key)
        return self._new(key, value) if found is None else found

    def _new(self, key: Any, value: Any) -> int:
        found = self._numbers[key] = len(self._values)
        self._values.append(value)
        self._places.append(0)
        return found

    def folded(self, root: int) -> Folded:
        """Those values that stand more than once and are long enough as lines, and at last the root."""
        lines: list[str] = []
        written: list[Any] = []
        for number, value in enumerate(self._values):
            whole = _written(value, written)
            written.append(whole)
            if number == root or self._places[number] < 2:
                continue
            line = canonical(whole)
            if len(line) >= _SHORTEST:
                written[number] = f"{_REFERENCE}{len(lines)}"
                lines.append(line)
        return Folded(before=lines, root=written[root])


def _written(value: Any, written: list[Any]) -> Any:
    if isinstance(value, str):
        return _REFERENCE + value if value.startswith(_REFERENCE) else value
    if not isinstance(value, tuple):
        return value
    names, *parts = value
    if names is _LIST:
        return [written[number] for number in parts]
    return {name: written[number] for name, number in zip(names, parts, strict=True)}
