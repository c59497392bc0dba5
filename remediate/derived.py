"""What becomes a secret while a run goes on: made of secrets by templates, or set under a secret name."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from remediate.finder import SHORTEST, Finder, Glance
from remediate.secrecy import Redactor, forms, secret_text, spellings, under_secret_names


class Derived:
    """The named secrets of a run, and all that was made of them so far. Used by many threads.

    What is added is told to the `redactor`, too. Where no secret is known, nothing can be made of one.
    """

    def __init__(self, named: Iterable[tuple[str, str]] = (), redactor: Redactor | None = None) -> None:
        self._redactor = redactor
        self._lock = threading.Lock()
        self._names: dict[str, frozenset[str]] = {}
        self._made: dict[str, str] = {}
        self._made_as: dict[str, str] = {}
        for name, secret in named:
            self._names |= {form: frozenset({name}) for form in spellings(secret).values()}
        self._finder = Finder(self._names)
        self._made_finder = Finder(())
        self._glance = Glance()

    def __bool__(self) -> bool:
        return bool(self._names)

    @property
    def made(self) -> tuple[tuple[str, str], ...]:
        """What was added so far: the names of the variables it was made of, and the text."""
        return tuple((names, text) for text, names in self._made.copy().items())

    def learn(self, variables: Mapping[str, Any]) -> None:
        """What a run gives to variables whose names say that they are secret is so from now on."""
        for name, value in under_secret_names(variables):
            self.add(secret_text(value), (name,))

    def add(self, text: str, names: Iterable[str]) -> None:
        """A text is a secret from now on, made of these variables; one that is too short is left alone."""
        if len(text) < SHORTEST or text in self._names:
            return
        with self._lock:
            if text in self._names:
                return
            written = [form for form in spellings(text).values() if form not in self._names]
            kept = [form for form in forms(text).values() if form not in self._names]
            self._names |= dict.fromkeys(written, frozenset(names))
            self._made_as |= dict.fromkeys(kept, text)
            self._made[text] = ", ".join(sorted(names))
            if self._redactor is not None:
                self._redactor.add(text)
            self._finder.add(written)
            self._made_finder.add(kept)
            self._glance.add(kept)

    def add_all(self, made: Iterable[tuple[str, str]]) -> None:
        """What `made` told in an earlier part of the run."""
        for names, text in made:
            self.add(text, names.split(", "))

    def apart(self, text: str) -> tuple[Sequence[str], Counter[str]]:
        """What stands beside the secrets in a text, in pieces, and how many letters each secret takes in it.

        Space does not count: what was one text may stand in several lines.
        """
        pieces: list[str] = []
        found: Counter[str] = Counter()
        end = 0
        for start, form in self._finder.find(text):
            if start >= end:
                pieces.append(text[end:start])
                letters = len("".join(form.split()))
                found.update(dict.fromkeys(self._names[form], letters))
            end = max(end, start + len(form))
        return [piece for piece in (*pieces, text[end:]) if piece], found

    def touches(self, written: str) -> bool:
        """Whether there may be something `inside` of a value; `written` is its `canonical` text."""
        return self._glance.hits(written)

    def inside(self, value: Any) -> tuple[tuple[str, str], ...]:
        """What was made of secrets and stands in a value of JSON's kinds; as `made`."""
        if not self._made:
            return ()
        found = (form for text in texts_in(value) for _, form in self._made_finder.find(text))
        made = dict.fromkeys(self._made_as[form] for form in found)
        return tuple((self._made[text], text) for text in made)


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a value of JSON's kinds, keys too; numbers as they are written."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from (*texts_in(key), *texts_in(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)
    elif text := secret_text(value):
        yield text
