"""What is a secret, and how texts are rid of secrets."""

import json
import pickle
import shlex
from base64 import b64encode
from collections.abc import Callable
from cProfile import Profile
from pstats import Stats
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.secrecy import (
    MASK,
    Redactor,
    Secret,
    end_of,
    is_secret_field,
    is_secret_name,
    under_secret_names,
    whole_or_counted,
    without_codes,
)

SECRETS = st.lists(st.text(alphabet="abcX ", min_size=1, max_size=8), max_size=5)
TEXTS = st.text(alphabet="abcX d", max_size=40)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("ansible_password", True),
        ("ansible_become_password", True),
        ("ansible_ssh_pass", True),
        ("ansible_become_pass", True),
        ("domino_http_password", True),
        ("x_passwd", True),
        ("client_secret", True),
        ("api_token", True),
        ("smd_activation_code", True),
        ("password", True),
        ("Domino_PASSWORD", True),
        ("key_passphrase", True),
        ("password_file", False),
        ("ansible_ssh_private_key_file", False),
        ("bypass", False),
        ("tokens", True),
        ("db_passwords", True),
        ("compass", False),
        ("", False),
        ("PGPASSWORD", True),
        ("MYSQL_PWD", True),
        ("PWD", False),
        ("door_passcode", True),
        ("stripe_api_key", True),
        ("APIKEY", True),
        ("map_api_keys", True),
        ("aws_secret_access_key", True),
        ("tls_private_key", True),
        ("tls_private_key_file", False),
        ("tls_private_key_path", False),
        ("public_key", False),
        ("key", False),
        ("db_credentials", False),
        ("sudo_nopasswd", False),
    ],
)
def test_names(name: str, secret: bool) -> None:
    """The end of a variable's name tells whether it holds a secret."""
    assert is_secret_name(name) is secret


@given(SECRETS, TEXTS)
def test_no_secret_is_left(secrets: list[str], text: str) -> None:
    """No secret of four characters or more is left in a redacted text."""
    redacted = Redactor(secrets).redact(text)
    assert not any(secret in redacted for secret in secrets if len(secret) >= 4)


@given(SECRETS, TEXTS)
def test_a_text_without_secrets_is_left_alone(secrets: list[str], text: str) -> None:
    """What holds no secret is not changed."""
    if not any(secret in text for secret in secrets if len(secret) >= 4):
        assert Redactor(secrets).redact(text) == text


@given(st.lists(st.sampled_from(["hush-hush", "quiet", "k=", "\n", "'"]), max_size=10))
def test_every_occurrence_is_masked(parts: list[str]) -> None:
    """Each occurrence becomes one mask, and what stands around it stays."""
    expected = "".join(MASK if part in ("hush-hush", "quiet") else part for part in parts)
    assert Redactor(["quiet", "hush-hush"]).redact("".join(parts)) == expected


def test_no_half_of_a_secret_is_shown() -> None:
    """A text that is too long is counted: cut, it would end in a part of a secret that no mask fits."""
    text = "x" * 50 + "hush-hush"
    assert whole_or_counted(text, len(text)) == text
    assert whole_or_counted(text, len(text) - 1) == "59 letters"


def test_the_longest_secret_is_masked_as_a_whole() -> None:
    """A secret that holds another one leaves no rest, nor do two that overlap."""
    assert Redactor(["pass", "password1", "1234"]).redact("x password1234 y") == f"x {MASK} y"


def test_a_redactor_can_be_sent_to_another_process() -> None:
    """A redactor is plain data."""
    assert pickle.loads(pickle.dumps(Redactor(["hush"]))).redact("hush!") == f"{MASK}!"  # noqa: S301


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("LabActivationCode", True),
        ("ProxyPassword", True),
        ("SerialNumber", True),
        ("LicenseKey", True),
        ("RegistrationKey", True),
        ("AC", True),
        ("ac", True),
        ("Platform", False),
        ("ExpiryDate", False),
        ("Active", False),
        ("ActivationCodeExpiry", False),
        ("UpdatePassword", True),
        ("Keyboard", False),
    ],
)
def test_fields_of_a_database(name: str, secret: bool) -> None:
    """A field whose name sounds like a password, a key or an activation code is taken for a secret."""
    assert is_secret_field(name) is secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("code SL-AB12-CDE34-FGH56-IJK78-LMN90-PQR12.", f"code {MASK}."),
        ("2014-01-31T10:00:00Z", "2014-01-31T10:00:00Z"),
        ("mail-hub-north-east", "mail-hub-north-east"),
        ("ONLY-LARGE-LETTERS-HERE", "ONLY-LARGE-LETTERS-HERE"),
        ("C3A77CC76EAA7D08802576FD0043D7D0", "C3A77CC76EAA7D08802576FD0043D7D0"),
    ],
)
def test_activation_codes(text: str, shown: str) -> None:
    """What looks like an activation code is masked wherever it stands; dates, names and ids are not."""
    assert without_codes(text) == shown


def test_a_secret_shows_itself_nowhere() -> None:
    """Only `reveal` gives a secret's text; equal secrets are equal, and travel between processes."""
    secret = Secret("hush")
    assert f"{secret} {secret!r} {[secret]}" == f"{MASK} {MASK} [{MASK}]"
    assert pickle.loads(pickle.dumps(secret)) == secret == Secret("hush") != Secret("hash")  # noqa: S301
    assert secret.reveal() == "hush"


@pytest.mark.parametrize(
    "secret", ["correct  horse\tbattery", " staple ", "-- begin --\n  key  one\nkey two\n-- end --\n"]
)
def test_a_secret_is_masked_where_its_blanks_were_folded(secret: str) -> None:
    """Messages of one line fold what has several, or has blanks in rows."""
    folded = " ".join(f"enter {secret} now".split())
    shown = Redactor([secret]).redact(folded) + Redactor([secret]).redact(end_of(f"no:\n{secret}\n", 100))
    assert shown.count(MASK) == 2
    assert " ".join(secret.split()) not in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("\n a  b \n\nc\n", "a b c"),
        ("one\ntwo\nthree", "two three"),
        ("a\n" + "b" * 12, "12 letters"),
    ],
)
def test_the_end_of_a_text(text: str, told: str) -> None:
    """As many whole lines as fit are told in one; none is cut, which would leave the half of a secret."""
    assert end_of(text, 10) == told


@pytest.mark.parametrize("form", [shlex.quote, json.dumps, lambda s: b64encode(s.encode()).decode()])
def test_a_secret_is_masked_in_the_forms_that_filters_give_it(form: Callable[[str], str]) -> None:
    """Quoted for a shell, as JSON or in base64, a secret is still the secret."""
    secret = "p'w \"q\nz"
    shown = Redactor([secret]).redact(f"run x {form(secret)} y")
    assert MASK in shown
    assert form(secret).strip("'\"") not in shown


@given(
    st.recursive(
        st.one_of(st.text(), st.integers(), st.none()),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_redacting_keeps_the_shape(value: Any) -> None:
    """Without secrets in it, a value comes out as it was."""
    assert Redactor(["no such secret"]).redact_all(value) == value


@given(st.text(max_size=9), st.text("abXY\xe9", min_size=4, max_size=9), st.text(max_size=9))
def test_a_secret_in_a_text_is_masked_in_its_base64(before: str, secret: str, behind: str) -> None:
    """Wherever in a group of three bytes it begins: but for the digits at its edges nothing is left of it."""
    written = b64encode(f"{before}{secret}{behind}".encode()).decode()
    digits = len(secret.encode()) * 8 // 6
    shown = Redactor([secret]).redact(written)
    assert MASK in shown
    assert len(written) - len(shown.replace(MASK, "")) >= digits - 2


def test_base64_of_other_texts_is_left_alone() -> None:
    """Nothing is masked that holds no secret."""
    written = b64encode(b"user=ann\npassword=other\n").decode()
    assert Redactor(["hush-hush", "quiet"]).redact(written) == written


def test_a_record_keeps_its_fields_and_our_words() -> None:
    """Names of fields stay, and what is our own; what others wrote is masked, and keys of their dicts."""
    record = {"status": "failed", "hosts": {"mail1": {"failed": 1}}, "row": {"failed": ["mail1", "x"]}}
    shown = Redactor(["failed", "mail1", "status"]).redact_record(record, {"status", "hosts"})
    assert shown == {**record, "row": {MASK: [MASK, "x"]}}


def test_what_the_codec_has_written_stays_readable() -> None:
    """Names of kinds, classes and their fields stay; texts, and the keys of others' dicts, are masked."""
    written = {
        "$": "Text",
        "path": {"$tuple": ["tuple", {"path": "Text"}]},
        "to": {"$mapping": [["path", 1]]},
    }
    shown = Redactor(["tuple", "Text", "path"]).mask_all(written)
    texts = {"$tuple": [MASK, {MASK: MASK}]}
    assert shown == {"$": "Text", "path": texts, "to": {"$mapping": [[MASK, 1]]}}


def test_each_line_of_a_secret_is_masked() -> None:
    """A diff shows a secret of several lines line by line, each marked; lines that are too short stay."""
    assert (
        Redactor(["first line\nab\nthird"]).redact("+first line\n+ab\n-third\n") == f"+{MASK}\n+ab\n-{MASK}\n"
    )


def test_thousands_of_secrets_cost_little() -> None:
    """Where each of many hosts has a password of its own, texts are not searched for one after the other."""
    secrets = [f"{number:05d}-password" for number in range(10_000)]
    redactor = Redactor(secrets)
    with Profile() as profile:
        shown = [redactor.redact(f"x {secret} y" * 10) for secret in secrets[:1000]]
    assert set(shown) == {f"x {MASK} y" * 10}
    assert Stats(profile).total_calls < 500 * len(shown)


@pytest.mark.parametrize(
    ("variables", "secrets"),
    [
        ({"users": [{"name": "ann", "password": "x"}]}, [("password", "x")]),
        ({"a": [[{"b": {"c_token": 1}}]]}, [("c_token", 1)]),
        ({"db_passwords": ["x", ["y"]]}, [("db_passwords", "x"), ("db_passwords", "y")]),
        ({"site_password": {"ann": "x", "bob_token": "y"}}, [("site_password", "x"), ("site_password", "y")]),
        ({"passwords": {}, "name": "x", 5: "y"}, []),
    ],
)
def test_what_stands_under_secret_names(variables: dict[Any, Any], secrets: list[tuple[str, Any]]) -> None:
    """Each single value, at any depth, in lists and dicts; the name is the outermost that says it."""
    assert list(under_secret_names(variables)) == secrets


def test_numbers_are_masked() -> None:
    """A number that is a secret is one in texts and as a value; `true` and shorter numbers never are."""
    shown = Redactor(["4711", "true", "42"]).redact_all({"a": 4711, "b": [47110, 42, True], "c": "is 4711."})
    assert shown == {"a": MASK, "b": [47110, 42, True], "c": f"is {MASK}."}
