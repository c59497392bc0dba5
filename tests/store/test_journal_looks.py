"""What the journal writes as it is: only what looking at each value would not have changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.canonical import canonical, storable
from remediate.derived import Derived
from remediate.lockbox import is_locked, unlock
from remediate.sealing import Sealer
from remediate.secrecy import MARK, Redactor, forms
from remediate.store import run_journal
from remediate.store.run_journal import StoreJournal
from tests.journals import intent

KEY, NONCE = b"k" * 32, "0123456789abcdef"
LETTERS = "ab1'\"\\\n/\x00\x7f\u2028\xe9\U0001f511\udc80"
SECRETS = st.text(LETTERS, max_size=7) | st.sampled_from(
    ["4711", "-1.5", "true", "null", "1e+16", "abc", '","']
)
BESIDE = ["", "<<secret:", NONCE, "true", "4711", "$", "x" * 30]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Mapping[str, list[str]], Any, Any]:
    """Secrets of all kinds, and two values with some of them in all places, in all forms, or cut off."""
    kinds = ("named", "typed", "derived")
    secrets = {kind: draw(st.lists(SECRETS, max_size=2)) for kind in kinds}
    known = [form for each in secrets.values() for one in each for form in (one, *forms(one).values())]
    pieces = st.sampled_from([*known, *(each[1:] for each in known), *BESIDE]) | st.text(LETTERS, max_size=3)
    texts = st.lists(pieces, max_size=3).map("".join)
    numbers = st.sampled_from([0, 4711, 47110, -1.5, 1e16, True, False, None, float("inf")])
    names = texts | st.sampled_from(["db_password", "step", "stdout"])
    values = st.recursive(
        texts | numbers,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(names, inner).map(list)
            | st.dictionaries(names, inner, max_size=3)
            | st.fixed_dictionaries({MARK: texts})
        ),
        max_leaves=6,
    )
    bodies = st.dictionaries(names, values, max_size=3)
    return secrets, draw(bodies), draw(bodies)


class Shelf:
    """In the place of the store's writer."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.bodies: list[Any] = []

    def add(self, _kind: str, _host: str, body: Any, **_: Any) -> int:
        self.bodies.append(body)
        return len(self.bodies)


@contextmanager
def shelved(secrets: Mapping[str, list[str]]) -> Iterator[tuple[StoreJournal, list[Any]]]:
    """A journal that knows these secrets, and what it gives to the writer."""
    named, typed = [("db_password", each) for each in secrets["named"]], secrets["typed"]
    redactor = Redactor([*secrets["named"], *typed])
    derived = Derived(named, redactor)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_journal, "RunWriter", Shelf)
        made = StoreJournal(
            Path(),
            {},
            redactor=redactor,
            sealer=Sealer(named, KEY, NONCE),
            typed=Redactor(typed),
            derived=derived,
        )
    for each in secrets["derived"]:  # while the run is at work
        derived.add(each, ("db_password",))
    yield made, made._writer.bodies  # type: ignore[attr-defined]


def opened(kept: Any) -> Any:
    """What is locked differs each time that it is."""
    return unlock(kept, KEY) if is_locked(kept) else kept


@given(cases())
def test_what_is_told_is_hidden_as_if_each_value_were_looked_at(
    case: tuple[Mapping[str, list[str]], Any, Any],
) -> None:
    """Where a record is written as it is, looking through it value by value gives the very same text."""
    secrets, body, kept = case
    body.pop("kept", None)
    kept.pop("locked", None)
    with shelved(secrets) as (made, written):
        try:
            careful = dict(made._hidden(body, kept))
        except UnicodeEncodeError:  # of no byte of a host
            return
        made.tell("task", "one", body, kept)
    (text,) = written
    if isinstance(text, str):
        assert text == storable(careful)
        text.encode()
    else:
        assert canonical({**text, "kept": opened(text["kept"])}) == canonical(
            {**careful, "kept": opened(careful["kept"])}
        )


@given(cases())
def test_what_takes_a_change_back_is_hidden_as_if_each_value_were_looked_at(
    case: tuple[Mapping[str, list[str]], Any, Any],
) -> None:
    """So it is with the intents; and one of a task that hides what it does is never written as it is."""
    secrets, shown, undo = case
    undo.pop("locked", None)
    change = next(iter(shown), "")
    with shelved(secrets) as (made, written):
        try:
            careful = made._redactor.redact_all({"task": "a task", "change": change})
        except UnicodeEncodeError:
            return
        made.intend([intent("one", change, undo=undo)])
        careful |= {"address": "0.0.0.1.0", "undo": made._undo(intent("one", change, undo=undo))}
        made.intend([intent("one", change, undo=undo, secret=True)])
    told, hidden = written
    if isinstance(told, str):
        assert told == storable(careful)
    assert is_locked(hidden["undo"])


def test_nothing_is_looked_through_where_no_secret_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record without secrets is written once, and no value in it is looked at by itself."""
    with shelved({"named": [], "typed": [], "derived": []}) as (made, written):
        for owner, name in ((Redactor, "redact_all"), (Redactor, "mask_all"), (Sealer, "seal_all")):
            monkeypatch.setattr(owner, name, lambda *_: pytest.fail("it was looked through"))
        made.tell("task", "one", {"message": "fine"}, {"step": [0, 1], "result": {"rc": 0}})
    assert written == ['{"kept":{"result":{"rc":0},"step":[0,1]},"message":"fine"}']


@given(cases())
def test_what_a_run_is_made_of_is_sealed_as_if_each_value_were_looked_at(
    case: tuple[Mapping[str, list[str]], Any, Any],
) -> None:
    """A sealer that is not touched by a value's text would leave the value as it is."""
    secrets, value, _ = case
    sealer = Sealer([("db_password", each) for each in secrets["named"]], KEY, NONCE)
    if not sealer.touches(canonical(value)):
        assert canonical(sealer.seal_all(value)) == canonical(value)
