"""Seals in the place of secrets."""

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remediate.errors import UsageError
from remediate.finder import SHORTEST
from remediate.sealing import Opener, SealedSecret, Sealer, new_nonce
from remediate.secrecy import forms, secret_text

KEY, NONCE = b"k" * 32, "0123456789abcdef"
ANY_SEAL = re.compile(rf"<<secret:[^<>]*:{NONCE}>>")

LETTERS = "abX'\"\\\n\xe9\udc80"
SECRETS = st.lists(
    st.tuples(st.sampled_from(["db_password", "api_token", "x:<>%"]), st.text(LETTERS, max_size=8)),
    max_size=5,
)


@st.composite
def secrets_and_texts(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """Secrets, and a text with them in many forms, cut off, side by side, and with what looks like seals."""
    secrets = draw(SECRETS)
    known = [form for _, value in secrets for form in forms(value).values()]
    seals = [
        "<<secret:",
        NONCE,
        f"<<secret:db_password:text:00:{NONCE}>>",
        Sealer(secrets, KEY, NONCE).seal("abab"),
    ]
    pieces = st.sampled_from([*known, *(each[1:] for each in known), *seals]) | st.text(LETTERS, max_size=3)
    return secrets, "".join(draw(st.lists(pieces, max_size=8)))


@given(secrets_and_texts())
def test_what_is_sealed_is_opened_again(case: tuple[list[tuple[str, str]], str]) -> None:
    """Whoever has the secrets gets the very same text, whatever it is, in all of a secret's forms."""
    secrets, text = case
    sealed = Sealer(secrets, KEY, NONCE).seal(text)
    assert Opener(secrets, KEY, NONCE).open(sealed) == text


@given(secrets_and_texts())
@example(([("db_password", "XXX\n")], "XXX"))
def test_no_secret_is_left(case: tuple[list[tuple[str, str]], str]) -> None:
    """No form of a secret is left between the seals, unless the form is too short to be looked for."""
    secrets, text = case
    between = ANY_SEAL.split(Sealer(secrets, KEY, NONCE).seal(text))
    for _, value in secrets:
        sought = [form for form in forms(value).values() if len(form) >= SHORTEST]
        assert not any(form in piece for form in sought for piece in between)


@given(secrets_and_texts())
def test_what_was_sealed_is_listed(case: tuple[list[tuple[str, str]], str]) -> None:
    """`sealed` are those secrets without which the text cannot be opened, and no others."""
    secrets, text = case
    sealer = Sealer(secrets, KEY, NONCE)
    sealed = sealer.seal(text)
    used = {each.digest[:16] for each in sealer.sealed}
    assert used == {found.group(0).split(":")[3] for found in ANY_SEAL.finditer(sealed)} - {""}


@given(
    st.recursive(
        st.one_of(st.sampled_from(["hush", "x hush y", "other"]), st.integers(), st.none()),
        lambda each: st.lists(each) | st.dictionaries(st.sampled_from(["hush", "a", "b"]), each),
    )
)
def test_values_are_sealed_as_a_whole(value: Any) -> None:
    """Every text of a value is sealed, keys too, and opened again; so is its spelling as JSON."""
    sealed = Sealer([("p", "hush")], KEY, NONCE).seal_all(value)
    opener = Opener([("p", "hush")], KEY, NONCE)
    assert "hush" not in repr(sealed)
    assert opener.open_all(sealed) == value
    assert json.loads(opener.open(json.dumps(sealed))) == value


@given(
    st.one_of(st.integers(), st.floats(allow_nan=False), st.text("QZ1-", min_size=1, max_size=5)),
    st.sampled_from([lambda each: {"x_token": each}, lambda each: {"$mapping": [["x_token", [each]]]}]),
)
def test_a_value_under_a_secret_name(secret: Any, held: Callable[[Any], Any]) -> None:
    """It is sealed as a whole, however short it is, and comes back as what it was, of the same type."""
    secrets = [("x_token", secret_text(secret))]
    sealer = Sealer(secrets, KEY, NONCE)
    sealed = sealer.seal_all({"held": held(secret), "beside": [True, None, "x"]})
    assert [each.name for each in sealer.sealed] == ["x_token"]
    assert str(secret) not in ANY_SEAL.sub("", repr(sealed["held"]))
    opened = Opener(secrets, KEY, NONCE).open_all(sealed)
    assert repr(opened) == repr({"held": held(secret), "beside": [True, None, "x"]})


def test_numbers_that_are_no_secrets() -> None:
    """A short number is sealed only where it stands under a secret name, a longer one wherever it stands."""
    sealer = Sealer([("pin_secret", "42"), ("api_token", "471147")], KEY, NONCE)
    sealed = sealer.seal_all({"forks": 42, "port": 471147, "b": 4711478, "pin_secret": True, "a": ["x", 42]})
    assert {key: each for key, each in sealed.items() if key != "port"} == {
        "forks": 42,
        "b": 4711478,
        "pin_secret": True,
        "a": ["x", 42],
    }
    assert ANY_SEAL.fullmatch(sealed["port"])


@pytest.mark.parametrize("form", [shlex.quote, json.dumps, lambda s: b64encode(s.encode()).decode()])
def test_a_form_opens_to_the_same_form(form: Callable[[str], str]) -> None:
    """Quoted for a shell, as JSON or in base64, a secret comes back as it was written there."""
    secret = "p'w \"q\\z"
    sealed = Sealer([("p", secret)], KEY, NONCE).seal(f"run {form(secret)}!")
    assert form(secret).strip("'\"") not in sealed
    assert Opener([("p", secret)], KEY, NONCE).open(sealed) == f"run {form(secret)}!"


def test_lines_of_a_secret() -> None:
    """A diff shows a secret of several lines line by line; each is sealed."""
    secret = "first line\nab\nthird line"
    sealed = Sealer([("key", secret)], KEY, NONCE).seal("+first line\n+third line\n+ab\n")
    assert re.sub(r"[0-9a-f]{16}", "*", sealed) == (
        "+<<secret:key:text.1:*:*>>\n+<<secret:key:text.3:*:*>>\n+ab\n"
    )
    assert Opener([("key", secret)], KEY, NONCE).open(sealed) == "+first line\n+third line\n+ab\n"


def test_overlapping_secrets() -> None:
    """Of secrets that overlap, nothing is left, and both come back."""
    secrets = [("a", "pass"), ("b", "password1"), ("c", "1234")]
    sealed = Sealer(secrets, KEY, NONCE).seal("x password1234 y")
    assert re.sub(r"[0-9a-f]{16}", "*", sealed) == "x <<secret:b:text:*:*>><<secret:c:text+1:*:*>> y"
    assert Opener(secrets, KEY, NONCE).open(sealed) == "x password1234 y"


def test_a_name_does_not_give_a_secret_away() -> None:
    """Where a password is a word of its variable's name, the seal does not name the variable."""
    sealed = Sealer([("db_password", "password")], KEY, NONCE).seal("password")
    assert "password" not in sealed
    assert Opener([("other", "password")], KEY, NONCE).open(sealed) == "password"


def test_a_seal_that_cannot_be_opened() -> None:
    """Whoever lacks a secret, or has another value, is told its variable's name and what to do."""
    sealer = Sealer([("db_password", "hush-hush")], KEY, NONCE)
    sealed = sealer.seal("x hush-hush")
    with pytest.raises(UsageError, match=r"not given: db_password \(give it"):
        Opener([("other", "value")], KEY, NONCE).open(sealed)
    with pytest.raises(UsageError, match=r"not the value that it had .*: db_password \(give the old"):
        Opener([("db_password", "other")], KEY, NONCE).open(sealed)
    with pytest.raises(UsageError, match=r"not the value"):
        Opener([("db_password", "hush-hush")], b"other key", NONCE).open(sealed)
    with pytest.raises(UsageError, match=r"not given: db_password, x"):
        Opener([], KEY, NONCE).check([*sealer.sealed, SealedSecret(name="x", digest="0")])
    Opener([("db_password", "hush-hush")], KEY, NONCE).check(sealer.sealed)


def test_seals_of_others_are_texts() -> None:
    """A seal of another plan is a text like any other."""
    other = Sealer([("p", "hush")], KEY, "f" * 16).seal("hush")
    assert Sealer([("p", "hush")], KEY, NONCE).seal(other) == other
    assert Opener([("p", "hush")], KEY, NONCE).open(other) == other


def test_marked_secrets() -> None:
    """What is marked as a Secret is sealed however short it is, and refused if no variable holds it."""
    secrets = [("p", "zyx"), ("q", "hush")]
    sealer = Sealer(secrets, KEY, NONCE)
    value = [{"$secret": "zyx"}, {"$secret": "hush"}, {"$secret": ""}, "zyx"]
    sealed = sealer.seal_all(value)
    assert "zyx" not in repr(sealed[:3])
    assert sealed[3] == "zyx"
    assert [each.name for each in sealer.sealed] == ["p", "q"]
    assert Opener(secrets, KEY, NONCE).open_all(sealed) == value
    with pytest.raises(UsageError, match="no variable's value") as caught:
        sealer.seal_all({"a": {"$secret": "stranger"}})
    assert "stranger" not in str(caught.value)


def test_keys_that_are_no_texts() -> None:
    """The keys of a mapping from YAML may be numbers."""
    value = {1: "hush", "hush": {None: 2}}
    sealed = Sealer([("p", "hush")], KEY, NONCE).seal_all(value)
    assert "hush" not in repr(sealed)
    assert Opener([("p", "hush")], KEY, NONCE).open_all(sealed) == value


def test_names_of_the_codec_are_not_sealed() -> None:
    """What kind of value is kept can be told without the secrets, and is opened with them."""
    secrets = [("a_password", "tuple"), ("b_password", "Text"), ("c_password", "path")]
    value = {"$": "Text", "path": {"$tuple": ["a path", {"path": "Text"}]}}
    sealed = Sealer(secrets, KEY, NONCE).seal_all(value)
    assert (sealed["$"], sealed["path"].keys()) == ("Text", {"$tuple"})
    (text, keys) = sealed["path"]["$tuple"]
    assert ANY_SEAL.search(text)
    assert "path" not in keys
    assert Opener(secrets, KEY, NONCE).open_all(sealed) == value


def test_nonces_differ() -> None:
    """Each plan has its own."""
    assert len({new_nonce() for _ in range(100)}) == 100
