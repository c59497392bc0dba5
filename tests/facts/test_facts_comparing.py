"""Unified diffs: right for any two texts, as difflib's for short ones, and never a matter of hours."""

import difflib
import re
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.facts import comparing
from remediate.facts.comparing import unified

LINES = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def applied(before: Sequence[str], diff: Sequence[str]) -> list[str]:
    """What a diff makes of a text; whatever it says of the text must be so."""
    after: list[str] = []
    at = 0
    for line in diff[2:]:
        if place := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(place[1]) - (place[2] != "0")
            after += before[at:start]
            at = start
            assert len(after) == int(place[3]) - (place[4] != "0")
        elif line[0] == "+":
            after.append(line[1:])
        else:
            assert line[1:] == before[at]
            at += 1
            after += [line[1:]] if line[0] == " " else []
    return [*after, *before[at:]]


@given(before=LINES, after=LINES, context=st.integers(0, 3), patience=st.sampled_from([0, 30, 10_000]))
def test_a_diff_makes_the_one_text_of_the_other(
    before: list[str], after: list[str], context: int, patience: int
) -> None:
    """However much is compared, the diff says what is there and leads to what will be."""
    with patch.object(comparing, "_SHORT", 0), patch.object(comparing, "_PATIENCE", patience):
        diff = list(unified(before, after, "was", "now", context=context, end=""))
    assert (diff == []) is (before == after)
    assert diff[:2] == ([] if before == after else ["--- was", "+++ now"])
    assert applied(before, diff) == after


@given(before=LINES, after=LINES)
def test_short_texts_are_compared_by_difflib(before: list[str], after: list[str]) -> None:
    """What people read every day is what they know."""
    assert list(unified(before, after, "a", "b")) == list(difflib.unified_diff(before, after, "a", "b"))


@given(before=st.sets(st.integers(0, 30)), after=st.sets(st.integers(0, 30)))
def test_lines_that_stand_once_are_found_again(before: set[int], after: set[int]) -> None:
    """Where no line stands twice and all keep their order, nothing is shown that need not be."""
    old, new = ([f"{number:02}" for number in sorted(each)] for each in (before, after))
    with patch.object(comparing, "_SHORT", 0), patch.object(comparing, "_PATIENCE", 0):
        diff = list(unified(old, new, "was", "now", context=0, end=""))
    shown = [line for line in diff[2:] if line[0] != "@"]
    assert sorted(shown) == sorted(
        [f"-{n:02}" for n in before - after] + [f"+{n:02}" for n in after - before]
    )


FEW = [f"{number % 128:03x}" for number in range(200_000)]
MANY = [str(number) for number in range(100_000)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FEW, ["new", *FEW, "new"]),
        (FEW, [f"{number * number % 127:03x}" for number in range(200_000)]),
        (MANY, [line if number % 2 else f"x{line}" for number, line in enumerate(MANY)]),
        (MANY, MANY[::-1]),
    ],
    ids=["few lines", "nothing alike", "every other line", "reversed"],
)
def test_large_texts_are_compared_as_well(before: list[str], after: list[str]) -> None:
    """What difflib would be at for minutes or hours comes to its end."""
    assert applied(before, list(unified(before, after, "was", "now", end=""))) == after
