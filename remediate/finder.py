"""Finding texts in others, whether they are few or thousands."""

import re
from collections.abc import Iterable, Iterator

from remediate.canonical import canonical

SHORTEST = 4
"""Letters of the shortest secret that is looked for in texts."""
_FEW = 64
"""Beginnings of texts that are sought one by one sooner than all at once."""


class Finder:
    """Finds texts of four or more characters in others; thousands of them cost hardly more than one."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        self._first: re.Pattern[str] | None = None
        self.add(wanted)

    def add(self, wanted: Iterable[str]) -> None:
        """More of them; whoever is finding meanwhile finds the old ones at least."""
        starts: dict[str, set[str]] = {}
        for each in wanted:
            if len(each) >= SHORTEST:
                starts.setdefault(each[:SHORTEST], set()).add(each)
        begins = {start[0] for start in self._by_start}
        for start, found in starts.items():
            self._by_start[start] = sorted({*found, *self._by_start.get(start, ())}, key=len, reverse=True)
        if not begins.issuperset(start[0] for start in starts):
            first = "".join(sorted({re.escape(start[0]) for start in self._by_start}))
            self._first = re.compile(f"[{first}]")

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Every occurrence, also those that overlap, as its place and what was found.

        They come in the order of their places, and at one place the longest first.
        """
        if self._first is None:
            return
        for candidate in self._first.finditer(text):
            start = candidate.start()
            for each in self._by_start.get(text[start : start + SHORTEST], ()):
                if text.startswith(each, start):
                    yield start, each


class Glance:
    """Tells from the `canonical` text of a value whether any of the wanted texts may be in the value.

    JSON escapes each character by itself: what stands in a text of the value stands escaped in the whole.
    It may see more than there is, as in two values and what is between them.
    """

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        self._finder = Finder(())
        self._starts: frozenset[str] = frozenset()
        self.add(wanted)

    def add(self, wanted: Iterable[str]) -> None:
        """More of them, as for Finder."""
        written = {canonical(each)[1:-1] for each in set(wanted) if len(each) >= SHORTEST}
        self._finder.add(written)
        self._starts |= {each[:SHORTEST] for each in written}

    def hits(self, written: str) -> bool:
        """Whether any may be in the value that is written so."""
        starts = self._starts
        if len(starts) <= _FEW and not any(map(written.__contains__, starts)):
            return False
        return next(self._finder.find(written), None) is not None
