"""Two texts compared line by line: difflib's unified diffs, and none that takes as long as difflib's may.

On large texts difflib can take minutes. There the lines that begin and end both are taken off, the rest is
split at lines that stand once in both, and what is between those is given to difflib as long as that is
quick. What then is left is shown as replaced: the diff is right, though it may be longer than need be.
"""

import difflib
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from remediate.records import dataclass

_Equal = tuple[int, int, int]
"""The number of a line in both texts, and how many are equal from there on."""

_SHORT = 2_000
"""Lines of a text that difflib compares as a whole."""
_PATIENCE = 5_000_000
"""Comparisons that difflib may make for all parts of two large texts."""
_DEPTH = 6
"""How often a part is split at what stands once in it."""


def unified(
    before: Sequence[str], after: Sequence[str], was: str, now: str, *, context: int = 3, end: str = "\n"
) -> Iterator[str]:
    """The lines of a unified diff; `was` and `now` name the texts, `end` ends the lines that are added."""
    if max(len(before), len(after)) <= _SHORT:
        yield from difflib.unified_diff(before, after, was, now, n=context, lineterm=end)
        return
    for number, group in enumerate(_Compared(before, after).get_grouped_opcodes(context)):
        if number == 0:
            yield f"--- {was}{end}"
            yield f"+++ {now}{end}"
        (_, old, _, new, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        yield f"@@ -{_place(old, old_end)} +{_place(new, new_end)} @@{end}"
        for what, old, old_end, new, new_end in group:
            if what == "equal":
                yield from (f" {line}" for line in before[old:old_end])
                continue
            yield from (f"-{line}" for line in before[old:old_end])
            yield from (f"+{line}" for line in after[new:new_end])


def _place(start: int, stop: int) -> str:
    count = stop - start
    if count == 1:
        return f"{start + 1}"
    return f"{start + 1 if count else start},{count}"


class _Compared(difflib.SequenceMatcher[str]):
    """What difflib groups for a diff, of equal lines that were found in another way."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__()
        part = _Part(before, after, 0, len(before), 0, len(after))
        found = _joined(sorted(_Search(_PATIENCE).equal(part, _DEPTH)))
        self._blocks = [difflib.Match(*each) for each in (*found, (len(before), len(after), 0))]

    def get_matching_blocks(self) -> list[difflib.Match]:
        """Where both texts are equal, in their order; none at their end."""
        return self._blocks


def _joined(found: Iterable[_Equal]) -> Iterator[_Equal]:
    """Those that follow one another without a gap as one: so difflib wants them."""
    old = new = size = 0
    for each in found:
        if (old + size, new + size) != each[:2]:
            if size:
                yield old, new, size
            old, new, size = *each[:2], 0
        size += each[2]
    if size:
        yield old, new, size


@dataclass(frozen=True)
class _Part:
    """Lines of two texts, each from one number up to another."""

    before: Sequence[str]
    after: Sequence[str]
    old: int
    old_end: int
    new: int
    new_end: int

    def cut(self, old: int, old_end: int, new: int, new_end: int) -> "_Part":
        """A part of it."""
        return _Part(self.before, self.after, old, old_end, new, new_end)

    def begin(self) -> int:
        """How many lines at its beginning are equal."""
        pairs = zip(range(self.old, self.old_end), range(self.new, self.new_end), strict=False)
        return next((old - self.old for old, new in pairs if self.before[old] != self.after[new]), self.least)

    def end(self) -> int:
        """How many lines at its end are equal."""
        old, new = self.old_end, self.new_end
        while old > self.old and new > self.new and self.before[old - 1] == self.after[new - 1]:
            old, new = old - 1, new - 1
        return self.old_end - old

    @property
    def least(self) -> int:
        """How many lines can be equal."""
        return min(self.old_end - self.old, self.new_end - self.new)

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """How often each line stands in either text."""
        return Counter(self.before[self.old : self.old_end]), Counter(self.after[self.new : self.new_end])


class _Search:
    """Looks for equal lines, as long as its patience lasts."""

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def equal(self, part: _Part, depth: int) -> Iterator[_Equal]:
        """Where lines are equal."""
        begin = part.begin()
        if begin:
            yield part.old, part.new, begin
        inner = part.cut(part.old + begin, part.old_end, part.new + begin, part.new_end)
        end = inner.end()
        if end:
            yield part.old_end - end, part.new_end - end, end
        inner = inner.cut(inner.old, inner.old_end - end, inner.new, inner.new_end - end)
        if inner.least:
            yield from self._within(inner, depth)

    def _within(self, part: _Part, depth: int) -> Iterator[_Equal]:
        olds, news = part.counts()
        common = olds.keys() & news.keys()
        steps = sum(olds[line] * news[line] for line in common) + part.old_end - part.old
        steps *= 2 * sum(min(olds[line], news[line]) for line in common)
        if steps <= self._patience:
            self._patience -= steps
            yield from _by_difflib(part) if common else ()
            return
        anchors = _in_order(part, {line for line in common if olds[line] == news[line] == 1}) if depth else []
        if anchors:
            edges = [(part.old - 1, part.new - 1), *anchors, (part.old_end, part.new_end)]
            for (old, new), (old_end, new_end) in pairwise(edges):
                if old_end - old > 1 and new_end - new > 1:
                    yield from self.equal(part.cut(old + 1, old_end, new + 1, new_end), depth - 1)
            yield from ((old, new, 1) for old, new in anchors)


def _by_difflib(part: _Part) -> Iterator[_Equal]:
    before, after = part.before[part.old : part.old_end], part.after[part.new : part.new_end]
    for each in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()[:-1]:
        yield part.old + each.a, part.new + each.b, each.size


def _in_order(part: _Part, lines: set[str]) -> list[tuple[int, int]]:
    """Where these lines stand, each of which stands once: as many as come in the same order in both texts."""
    places = {part.after[new]: new for new in range(part.new, part.new_end) if part.after[new] in lines}
    pairs = [
        (old, places[part.before[old]]) for old in range(part.old, part.old_end) if part.before[old] in places
    ]
    lowest: list[int] = []  # of the runs of each length, the number in which the last one ends
    ends: list[int] = []
    behind: list[int] = []
    for index, (_, new) in enumerate(pairs):
        length = bisect(lowest, new)
        lowest[length : length + 1] = [new]
        ends[length : length + 1] = [index]
        behind.append(ends[length - 1] if length else -1)
    found = []
    index = ends[-1] if ends else -1
    while index >= 0:
        found.append(pairs[index])
        index = behind[index]
    return found[::-1]
