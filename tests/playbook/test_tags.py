"""Selection by tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.playbook.tags import is_selected

TAGS = st.frozensets(st.sampled_from(["a", "b", "always", "never"]))
WORDS = st.frozensets(st.sampled_from(["a", "b", "always", "never", "all", "tagged", "untagged"]))


@pytest.mark.parametrize(
    ("tags", "only", "skip", "selected"),
    [
        ("", "", "", True),
        ("", "all", "", True),
        ("", "untagged", "", True),
        ("", "tagged", "", False),
        ("", "a", "", False),
        ("", "", "untagged", False),
        ("", "", "tagged", True),
        ("", "", "all", False),
        ("a", "", "", True),
        ("a", "a", "", True),
        ("a", "b", "", False),
        ("a", "tagged", "", True),
        ("a", "untagged", "", False),
        ("a", "", "a", False),
        ("a", "", "b", True),
        ("a", "", "tagged", False),
        ("a", "", "untagged", True),
        ("a", "a", "a", False),
        ("a b", "a", "b", False),
        ("always", "a", "", True),
        ("always", "untagged", "", True),
        ("always", "", "always", False),
        ("always", "", "all", True),
        ("always", "", "all always", False),
        ("always", "", "tagged", False),
        ("always a", "b", "a", False),
        ("never", "", "", False),
        ("never", "all", "", False),
        ("never", "tagged", "", False),
        ("never", "never", "", True),
        ("never a", "a", "", True),
        ("never a", "b", "", False),
        ("never always", "", "", True),
    ],
)
def test_ansibles_table(tags: str, only: str, skip: str, selected: bool) -> None:
    """Each row is chosen or left as ansible-playbook does it."""
    assert is_selected(frozenset(tags.split()), only.split(), skip.split()) is selected


@given(tags=TAGS, only=WORDS, skip=WORDS, more=WORDS)
def test_asking_for_more_never_leaves_out_and_skipping_more_never_brings_in(
    tags: frozenset[str], only: frozenset[str], skip: frozenset[str], more: frozenset[str]
) -> None:
    """Selection grows with what is asked for, an empty list being `all`, and shrinks with what is skipped."""
    asked = only or frozenset({"all"})
    assert is_selected(tags, asked, skip) <= is_selected(tags, asked | more, skip)
    assert is_selected(tags, only, skip - {"all"} | more - {"all"}) <= is_selected(tags, only, skip - {"all"})


@given(tags=TAGS, only=WORDS)
def test_tagged_and_untagged_part_the_tasks(tags: frozenset[str], only: frozenset[str]) -> None:
    """What is skipped as tagged is not skipped as untagged, and the other way round."""
    chosen = is_selected(tags, only, [])
    assert is_selected(tags, only, ["tagged"]) == (chosen and not tags)
    assert is_selected(tags, only, ["untagged"]) == (chosen and bool(tags))
