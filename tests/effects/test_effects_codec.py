"""Effects, facts and answers as JSON, and back."""

import dataclasses
import json
import typing
from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.answers import Known, Unknown
from remediate.canonical import canonical
from remediate.effects.base import Effect
from remediate.effects.codec import decode, digest, encode, registry
from remediate.effects.paths import MakeDirectory
from remediate.effects.write import WriteFile
from remediate.errors import InputError
from remediate.facts.base import Fact, Output
from remediate.facts.domino_http import WebServer
from remediate.facts.domino_view import ViewEntry
from remediate.facts.files import FileText, Text
from remediate.facts.http import Endpoint
from remediate.secrecy import Secret

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.binary(max_size=8).map(
    lambda data: data.decode("utf-8", "surrogateescape")
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=8),
    NoneType: st.none(),
    Secret: TEXTS.map(Secret),
    datetime: st.datetimes(timezones=st.sampled_from([None, UTC])).map(lambda when: when.replace(fold=0)),
    date: st.dates(),
}
KEYS = st.one_of(TEXTS, st.integers(), st.booleans(), st.sampled_from(["$", "$tuple", "$secret"]))
VALUES = st.recursive(
    st.one_of(*PLAIN.values()),
    lambda each: (
        st.lists(each, max_size=3)
        | st.lists(each, max_size=3).map(tuple)
        | st.dictionaries(KEYS, each, max_size=3)
        | st.builds(Known, each)
    ),
    max_leaves=6,
)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the fields of facts and effects name it."""
    origin, words = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is typing.Literal:
        return st.sampled_from(words)
    if origin in (typing.Union, UnionType):
        return st.one_of(*map(of_type, words))
    if origin is tuple and words[-1] is ...:
        return st.lists(of_type(words[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of_type, words))
    if kind is Fact or origin is Fact:
        return st.builds(Text, TEXTS)
    if kind is Effect:
        return st.builds(MakeDirectory, path=TEXTS, mode=st.integers())
    if kind is Any:
        return VALUES | st.builds(Unknown, TEXTS)
    assert dataclasses.is_dataclass(kind), kind
    return st.deferred(lambda: instances(kind))


def instances(kind: Any) -> st.SearchStrategy[Any]:
    """Instances of one of the classes, made without regard to what would be sensible."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{each.name: of_type(hints[each.name]) for each in dataclasses.fields(kind)})


def kept(value: Any) -> Any:
    """What becomes of a value that is written down and read again."""
    data = canonical(encode(value)).encode("utf-8", "surrogatepass")
    return decode(json.loads(data.decode("utf-8", "surrogatepass")))


@pytest.mark.parametrize("name", sorted(registry()))
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_effect_and_fact_survives(name: str, data: st.DataObject) -> None:
    """An instance of each class, with any values, comes back as it was."""
    value = data.draw(instances(registry()[name]))
    again = kept(value)
    assert type(again) is type(value)
    assert repr_of(again) == repr_of(value)
    assert digest(again) == digest(value)


@given(VALUES)
def test_every_value_survives(value: Any) -> None:
    """So does whatever else may be in them, with its kind, and with the order of a mapping's keys."""
    assert repr_of(kept(value)) == repr_of(value)
    assert kept(value) == value


def repr_of(value: Any) -> str:
    """A text that differs where values differ: an Unknown cannot be compared, and a Secret shows nothing."""
    if isinstance(value, Secret):
        return f"Secret({value.reveal()!r})"
    if isinstance(value, dict):
        return f"dict({[(repr_of(key), repr_of(each)) for key, each in value.items()]})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({[repr_of(each) for each in value]})"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = [(each.name, repr_of(getattr(value, each.name))) for each in dataclasses.fields(value)]
        return f"{type(value).__name__}({held})"
    return repr(value)


def test_equal_values_have_equal_digests() -> None:
    """A digest leaves out what does not count for `==`: a field that says so, the order of a mapping."""
    first = ViewEntry(unid="A", position="1", columns=())
    moved = dataclasses.replace(first, position="2")
    assert digest(first) == digest(moved) != digest(dataclasses.replace(first, unid="B"))
    assert encode(first) != encode(moved)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})
    assert digest({1: "a", "1": "b"}) == digest({"1": "b", 1: "a"})


@given(VALUES, VALUES)
def test_other_values_have_other_digests(one: Any, other: Any) -> None:
    """Values that are spelled otherwise have other digests."""
    if one != other:
        assert digest(one) != digest(other)


def test_a_keyed_digest_is_another_one() -> None:
    """Without the key nobody can find out by trying whether a value has this digest."""
    effect = WriteFile(path="/a", before=FileText(kind="absent"), after="hush")
    assert len({digest(effect), digest(effect, b"one"), digest(effect, b"two")}) == 3


def test_a_secret_is_marked() -> None:
    """A Secret stands where a Sealer finds it, and comes back as one."""
    server = WebServer(endpoint=Endpoint(), user="x", password=Secret("hush"))
    assert encode(server)["password"] == {"$secret": "hush"}
    assert kept(server) == server


def test_texts_in_bytes_stay_texts() -> None:
    """What a host printed is kept as a text, so that a secret in it is found."""
    assert encode(Output(status=0, stdout=b"hush\xff"))["stdout"] == {"$bytes": "hush\udcff"}


@pytest.mark.parametrize(
    "data",
    [
        {"$": "os.system"},
        {"$": "_Piece", "path": "/a"},
        {"$": ["Text"]},
        {"$": "Text"},
        {"$": "Text", "path": "/a", "more": 1},
        {"$pickle": "x"},
        {"$tuple": []} | {"a": 1},
        {"$tuple": "ab"},
        {"$bytes": 5},
        {"$bytes": "\ud800"},
        {"$secret": None},
        {"$datetime": "yesterday"},
        {"$mapping": [["a"]]},
        {"$mapping": [[[], 1]]},
        [{"deep": {"$": "Path"}}],
    ],
)
def test_anything_else_is_refused(data: Any) -> None:
    """What `encode` does not make is refused in words, and no name in it makes anything be imported."""
    with pytest.raises(InputError, match="kept"):
        decode(data)


def test_what_cannot_be_kept_is_refused() -> None:
    """A value of a kind that is not kept is found when it is encoded, not when it is missed."""
    with pytest.raises(TypeError, match="object cannot be kept"):
        encode([object()])
