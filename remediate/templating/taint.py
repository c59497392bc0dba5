"""What a step of a template makes of secrets is one, too: told by comparing what goes in with what comes out.

A text that comes out is secret if secrets went in, and it neither shows them as they are known already, nor
stood in what went in beside them. One that is too short to be looked for becomes a Crumb: it makes a secret
of what further steps put together of it, and is told about if it leaves the template.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from remediate.derived import Derived
from remediate.finder import SHORTEST

_COUNTING = frozenset({"count", "length", "type_debug", "wordcount"})
"""Filters whose results tell of a secret what nobody minds."""
_FEWEST_LETTERS = 3
"""Different ones in a text that tells anything: `regex_replace('.', '*')` shows how long a secret is."""
_VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})
"""Not any view: those of `hostvars` render all variables of all hosts."""


class Crumb(str):
    """A piece of secrets that is too short to be looked for, and the names of the variables they are in."""

    __slots__ = ("names",)
    names: frozenset[str]

    def __new__(cls, text: str, names: Iterable[str]) -> "Crumb":
        """The piece."""
        crumb = super().__new__(cls, text)
        crumb.names = frozenset(names)
        return crumb


class Tap(Iterator[Any]):
    """An iterator that keeps what it has given."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self.given: list[Any] = []

    def __next__(self) -> Any:
        self.given.append(next(self._source))
        return self.given[-1]


class _Given(NamedTuple):
    """What went into a step: its texts, what is in them beside secrets, and the letters that these take."""

    whole: frozenset[str]
    public: str
    names: Counter[str]


class Taint:
    """Watches the steps of templates. Used by many threads."""

    def __init__(self, derived: Derived) -> None:
        self._derived = derived
        self._shown = threading.local()

    def step(
        self, name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """What a filter or test gives."""
        if not self._derived:
            return function(*args, **kwargs)
        tapped = [Tap(arg) if isinstance(arg, Iterator) else arg for arg in args]
        result = function(*tapped, **kwargs)
        return result if name in _COUNTING else self.made((*tapped, *kwargs.values()), result)

    def made(self, inputs: Sequence[Any], result: Any) -> Any:
        """The result of a step; it is the same, but for crumbs."""
        if not self._derived or result is None or isinstance(result, bool):
            return result
        given = self._given(inputs)
        if not given.names:
            return result
        if isinstance(result, Iterator):
            # What comes of a list's items one by one was watched one by one; a text has no items but letters.
            letters = any(isinstance(each, str) for each in inputs)
            return (self._settled(each, given) for each in result) if letters else result
        return self._settled(result, given)

    def put_together(self, parts: Sequence[Any]) -> None:
        """Crumbs that stand side by side in what a template gives are a secret; others are told about."""
        row: list[Crumb] = []
        for part in (*parts, None):
            if type(part) is Crumb:
                row.append(part)
            elif row:
                text, names = "".join(row), frozenset[str]().union(*(crumb.names for crumb in row))
                self._text(text, _Given(frozenset(), "", Counter(names)))
                if len(text) < SHORTEST:
                    self._shown_names().update(names)
                row.clear()

    def learn(self, name: str, value: Any) -> None:
        """A variable has come out with this value."""
        self._derived.learn({name: value})

    def leave(self, value: Any) -> None:
        """The value leaves its template: what is too short in it to be masked is noted."""
        for crumb in _all_texts(value):
            if type(crumb) is Crumb:
                self._shown_names().update(crumb.names)

    def shown(self) -> tuple[str, ...]:
        """Of which variables this thread has rendered too short a piece since it was last asked."""
        names = self._shown_names()
        found = tuple(sorted(names))
        names.clear()
        return found

    def show(self, names: Iterable[str]) -> None:
        """Note this of variables that were rendered before."""
        self._shown_names().update(names)

    def _shown_names(self) -> set[str]:
        if not hasattr(self._shown, "names"):
            self._shown.names = set()
        names: set[str] = self._shown.names
        return names

    def _given(self, inputs: Iterable[Any]) -> _Given:
        whole: set[str] = set()
        public: list[str] = []
        names: Counter[str] = Counter()
        for text in _all_texts(inputs):
            if type(text) is Crumb:
                names.update(dict.fromkeys(text.names, len(text)))
                continue
            pieces, found = self._derived.apart(text)
            whole.add(text)
            public += pieces
            names += found
        return _Given(frozenset(whole), "\0".join(public), names)

    def _settled(self, value: Any, given: _Given) -> Any:
        if isinstance(value, str):
            return self._text(value, given)
        if isinstance(value, bytes | int | float) and not isinstance(value, bool):
            self._text(next(_all_texts(value)), given)
        elif type(value) is dict:  # keys are structure: `type` and `user` of what `from_json` finds
            return {key: self._settled(each, given) for key, each in value.items()}
        elif type(value) is list:
            return [self._settled(each, given) for each in value]
        elif type(value) is tuple:
            return tuple(self._settled(each, given) for each in value)
        return value

    def _text(self, text: str, given: _Given) -> str:
        if text in given.whole:
            return text
        pieces, found = self._derived.apart(text)
        if found:
            known = all(len(each) < SHORTEST or each in given.public for each in pieces)
            cut = any(text in each for each in given.whole)  # perhaps in the middle of a secret
            known = known or not (cut or given.names - found)
        else:
            known = text in given.public
        if known or not text.strip():
            return text
        if len(text) < SHORTEST:
            return Crumb(text, given.names)
        if len(set(text)) >= _FEWEST_LETTERS or text.isdigit():
            self._derived.add(text, given.names)
        return text


def _all_texts(value: Any) -> Iterator[str]:
    """The texts in a value; numbers and bytes as they are written. Not in what makes its items on demand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "surrogateescape")
    elif isinstance(value, int | float):
        if not isinstance(value, bool):
            yield str(value)
    elif type(value) is dict:
        for key, each in value.items():
            yield from (*_all_texts(key), *_all_texts(each))
    elif isinstance(value, list | tuple | set | frozenset) or type(value) in _VIEWS:
        for each in value:
            yield from _all_texts(each)
    elif isinstance(value, Tap):
        yield from _all_texts(value.given)
