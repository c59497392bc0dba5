"""JSON in which what is there more than once stands once: thousands of hosts have most of a plan in common.

A folded value is a sequence of lines. Each is the canonical JSON of a value in which `"=12"` stands for the
value of line 12 (from 0); a text that begins with `=` by itself has one more before it. The last line is the
whole. One value has one folded form only.
"""

import json
from collections.abc import Iterable
from typing import Any

from remediate.canonical import canonical

_REFERENCE = "="
_SHORTEST = 16
"""Characters that a repeated value must have at least: a shorter one is no longer than a reference to it."""


def fold(value: Any) -> list[str]:
    """The lines. Where the same object is in the value many times, it is looked at only once."""
    folder = _Folder()
    root = folder.number(value)
    return folder.lines(root)


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


class _Folder:
    """Gives each different value a number, parts before wholes, and counts where it stands."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        """Of each different value: a text is its own key, a list or an object the numbers of its parts."""
        self._by_object: dict[int, int] = {}
        self._values: list[Any] = []
        self._places: list[int] = []

    def number(self, value: Any) -> int:
        """Its number; to be asked once for each place where it stands."""
        if isinstance(value, str):
            found = self._known(value, value)
        elif not isinstance(value, list | dict):
            found = self._known((repr(value),), value)  # in Python 1 is True and 1.0, and 0.0 is -0.0
        else:
            known = self._by_object.get(id(value))
            found = self._by_object[id(value)] = self._composed(value) if known is None else known
        self._places[found] += 1
        return found

    def _composed(self, value: Any) -> int:
        if isinstance(value, list):
            parts: Any = [self.number(each) for each in value]
            key: tuple[Any, ...] = (None, *parts)
        else:
            parts = {name: self.number(value[name]) for name in sorted(value)}
            key = (*parts, *parts.values())
        before = len(self._values)
        found = self._known(key, parts)
        if found < before:  # an equal one has been there: its parts stand in it once
            for part in parts if isinstance(parts, list) else parts.values():
                self._places[part] -= 1
        return found

    def _known(self, key: Any, value: Any) -> int:
        found = self._numbers.setdefault(key, len(self._values))
        if found == len(self._values):
            self._values.append(value)
            self._places.append(0)
        return found

    def lines(self, root: int) -> list[str]:
        """Those values that stand more than once and are long enough, and at last the root."""
        lines: list[str] = []
        written: list[Any] = []
        for number, value in enumerate(self._values):
            whole = _written(value, written)
            written.append(whole)
            if number != root and self._places[number] < 2:
                continue
            line = canonical(whole)
            if number == root or len(line) >= _SHORTEST:
                written[number] = f"{_REFERENCE}{len(lines)}"
                lines.append(line)
        return lines


def _written(value: Any, written: list[Any]) -> Any:
    if isinstance(value, str):
        return _REFERENCE + value if value.startswith(_REFERENCE) else value
    if isinstance(value, list):
        return [written[number] for number in value]
    if isinstance(value, dict):
        return {name: written[number] for name, number in value.items()}
    return value
