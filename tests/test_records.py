"""Our dataclasses do what those of the standard library do, but are quick to define."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import asdict, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate import records


def kinds(dataclass: Any) -> dict[str, type]:
    """One class of each sort that there is, made by a decorator."""

    @dataclass(frozen=True, kw_only=True)
    class Plain:
        """All of its fields count."""

        first: object = 1
        second: object = "x"

    @dataclass(frozen=True)
    class Single:
        """What it compares is one value."""

        first: object = 1
        second: object = field(default="x", compare=False)

    @dataclass(frozen=True, kw_only=True)
    class Hidden(Plain):
        """Inherits, and does not show all."""

        third: object = field(default=None, repr=False)

    @dataclass(frozen=True)
    class Nothing:
        """Is like any other of its kind."""

    @dataclass
    class Mutable:
        """Has no hash, and may hold itself."""

        first: object = field(default_factory=list)
        second: object = 2

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Slotted:
        """Has no dictionary."""

        first: object = 1
        second: object = "x"

    @dataclass(frozen=True)
    class Own:
        """Says for itself what it is like."""

        first: object = 1
        second: object = 2

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    return {each.__name__: each for each in (Plain, Single, Hidden, Nothing, Mutable, Slotted, Own)}


OURS, STANDARD = kinds(records.dataclass), kinds(dataclasses.dataclass)
each_kind = pytest.mark.parametrize("name", STANDARD)
values = st.none() | st.integers(0, 2) | st.text(max_size=1) | st.just(float("nan")) | st.lists(st.none())


def said(what: Callable[[], Any]) -> Any:
    """What comes of it, or the kind of error."""
    try:
        return what()
    except Exception as error:
        return type(error)


@given(name=st.sampled_from(sorted(STANDARD)), other=st.sampled_from(sorted(STANDARD)), data=st.data())
def test_they_compare_show_and_hash_alike(name: str, other: str, data: st.DataObject) -> None:
    """Whatever is in two of them: what is equal, what is shown, what has a hash, and that equals have one."""
    some = [{each.name: data.draw(values) for each in fields(STANDARD[kind])} for kind in (name, other)]  # type: ignore[arg-type]
    (left, right), (a, b) = (
        [family[kind](**given) for kind, given in zip((name, other), some, strict=True)]
        for family in (OURS, STANDARD)
    )
    assert (left == right) is (a == b)
    assert (left != right) is (a != b)
    assert repr(left) == repr(a).replace(a.__class__.__qualname__, left.__class__.__qualname__)
    assert (said(lambda: hash(left)) is TypeError) is (said(lambda: hash(a)) is TypeError)
    if name == other and left == right and said(lambda: hash(left)) is not TypeError:
        assert hash(left) == hash(right)
    assert replace(left) == left
    assert asdict(left) == asdict(a)


@each_kind
def test_they_are_made_alike(name: str) -> None:
    """The same parameters, the same fields, the same places in a pattern, the same words about it."""
    ours, standard = OURS[name], STANDARD[name]
    assert inspect.signature(ours) == inspect.signature(standard)
    assert [each.name for each in fields(ours)] == [each.name for each in fields(standard)]  # type: ignore[arg-type]
    assert ours.__match_args__ == standard.__match_args__  # type: ignore[attr-defined]
    assert ours.__doc__ == standard.__doc__
    assert hasattr(ours(), "__dict__") is hasattr(standard(), "__dict__")


@each_kind
def test_they_are_like_nothing_else(name: str) -> None:
    """Not like an object of another class with the same in it, and not like a subclass."""
    ours = OURS[name]
    below = type("Below", (ours,), {})
    expected = name == "Own"
    assert (ours() == STANDARD[name]()) is expected
    assert (ours() == below()) is expected
    assert (ours() == 1) is expected


def test_one_that_holds_itself_can_be_shown() -> None:
    """As dots, where it comes again."""
    it = OURS["Mutable"]()
    it.first = [it]
    assert "first=[...]" in repr(it)


@records.dataclass(frozen=True, kw_only=True)
class Known:
    """Can be found by its name, as pickle wants it."""

    name: str
    more: dict[str, int] = field(default_factory=dict)


def test_they_can_be_copied_and_sent() -> None:
    """By copy and pickle."""
    it = Known(name="x", more={"a": 1})
    assert copy.deepcopy(it) == it
    assert pickle.loads(pickle.dumps(it)) == it  # noqa: S301 - its own
