"""`[notify.NAME]` in `remediate.toml`: what is wrong is told with its place, and no secret is."""

import sys
from pathlib import Path

import pytest

from remediate.errors import InputError
from remediate.notify.catalog import channels_in, chosen, unusable
from remediate.settings import settings_in

GOOD = """\
[notify.hook]
kind = "webhook"
url = "https://example.com/hook"
key_file = "key"

[notify.mail]
kind = "smtp"
host = "mail.example.com"
from = "remediate@example.com"
to = ["ops@example.com"]

[notify.script]
kind = "command"
arguments = ["/usr/local/bin/tell", "--json"]

[notify.chat]
kind = "apprise"
url_env = "CHAT_URL"
"""


def opened(folder: Path, text: str, *names: str) -> tuple[list[str], list[str]]:
    """The names of the channels that were chosen, and what is the matter with them."""
    (folder / "remediate.toml").write_text(text)
    channels = chosen(channels_in(settings_in(folder)), names)
    wrong = [each.replace(f"{folder}/", "") for each in unusable(channels)]
    return [each.name for each in channels], wrong


def mistakes(folder: Path, text: str, *names: str) -> str:
    """What is told of a file, with the folder left out."""
    with pytest.raises(InputError) as caught:
        opened(folder, text, *names)
    return str(caught.value).replace(f"{folder}/", "")


def secret(folder: Path, text: str = "s3cret\n", mode: int = 0o600) -> Path:
    """The file `key`."""
    path = folder / "key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_channels_are_chosen_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, in the order of the names; only their secrets must be there."""
    assert opened(tmp_path, GOOD, "script", "mail", "script") == (["script", "mail"], [])
    secret(tmp_path)
    monkeypatch.setenv("CHAT_URL", "json://localhost")
    assert opened(tmp_path, GOOD, "hook", "chat") == (["hook", "chat"], [])


def test_no_file_names_no_channel(tmp_path: Path) -> None:
    """And so each name is a mistake."""
    assert channels_in(settings_in(tmp_path)) == {}


def test_all_mistakes_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    """Misspelt keys with the one that was meant; a value is never quoted, for it may be a secret."""
    text = """\
[notify.hook]
kind = "webhook"
url = "ftp://user:s3cret@example.com"
keyfile = "s3cret"

[ notify . "mail" ]
kind = "smtp"
host = 5
password = "s3cret"
port = 70000
security = "startls"
from = "nobody"
to = []

[notify.script]
kind = "command"
arguments = "tell s3cret"
deadline = true

[notify.other]
kind = "webhok"

[notify."a b"]
kind = "command"
"""
    assert mistakes(tmp_path, text).splitlines() == [
        "remediate.toml:1: channel 'hook': the key is missing "
        '(key_file = "FILE" names a file that nobody else can read; key_env a variable)',
        "remediate.toml:3: channel 'hook': 'url' should be an address such as https://example.com/hook, "
        "without a password",
        "remediate.toml:4: channel 'hook': 'keyfile' is not known here (did you mean 'key_file'?)",
        "remediate.toml:8: channel 'mail': 'host' should be text in one line",
        "remediate.toml:9: channel 'mail': 'password' is not known here (did you mean 'password_env'?)",
        "remediate.toml:10: channel 'mail': 'port' should be a whole number from 1 to 65535",
        "remediate.toml:11: channel 'mail': 'security' should be one of starttls, tls, none "
        "(did you mean 'starttls'?)",
        "remediate.toml:12: channel 'mail': 'from' should have addresses such as ops@example.com",
        "remediate.toml:13: channel 'mail': 'to' should be a list of texts (such as to = [\"one\", "
        '"another"])',
        "remediate.toml:17: channel 'script': 'arguments' should be a list of texts "
        '(such as arguments = ["one", "another"])',
        "remediate.toml:18: channel 'script': 'deadline' should be a number of seconds, 600 at most",
        "remediate.toml:21: channel 'other': 'kind' should be one of webhook, smtp, command, apprise "
        "(did you mean 'webhook'?)",
        "remediate.toml:23: channel 'a b': this is no table of a channel "
        "(begin it with [notify.NAME]; a name has letters, digits, - and _)",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[notfy.x]\n", "remediate.toml: not understood: notfy (did you mean 'notify'?)"),
        ("[other]\n", "remediate.toml:1: not understood: other (it may have the tables [apply] and"),
        ("notify = 1\n", "remediate.toml: channel 'notify': this is no table of a channel"),
        ("[notify\n", "remediate.toml: cannot be read: "),
        (
            '[notify.m]\nkind = "smtp"\nhost = "h"\nfrom = "a@b"\nto = ["a@b"]\nuser = "u"\n',
            "remediate.toml:6: channel 'm': a user needs a password, and a password a user",
        ),
        (
            '[notify.m]\nkind = "smtp"\nhost = "h"\nfrom = "a@b"\nto = ["a@b\\nBcc: c@d"]\n',
            "remediate.toml:5: channel 'm': 'to' should have addresses such as ops@example.com",
        ),
        (
            '[notify.m]\nkind = "smtp"\nhost = "h"\nfrom = "a@b"\nto = ["a@b"]\nuser = "u"\n'
            'password_env = "P"\nsecurity = "none"\n',
            "remediate.toml:8: channel 'm': no password is sent without TLS ('starttls' or 'tls')",
        ),
        (
            '[notify.c]\nkind = "apprise"\nurl_file = "key"\nurl_env = "P"\n',
            "remediate.toml:4: channel 'c': 'url_file' and 'url_env' are both there (keep one of the two)",
        ),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, says: str) -> None:
    """What it is and where."""
    assert says in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        (
            "s3cret\n",
            0o640,
            "key: channel 'hook' cannot be used: others may read the secret in it (mode 0640)",
        ),
        (
            "s3cret\n",
            0o604,
            "key: channel 'hook' cannot be used: others may read the secret in it (mode 0604)",
        ),
        ("\n", 0o600, "key: channel 'hook' cannot be used: no secret is there"),
        ("s3\ncret", 0o600, "key: channel 'hook' cannot be used: the secret is not one line of text"),
        (
            "whsec_s3cret!",
            0o600,
            "key: channel 'hook' cannot be used: what follows whsec_ in the key is not base64",
        ),
    ],
)
def test_a_secret_that_cannot_be_used(tmp_path: Path, text: str, mode: int, says: str) -> None:
    """Its file and the cure are told, not what it is."""
    secret(tmp_path, text, mode)
    (told,) = opened(tmp_path, GOOD, "hook")[1]
    assert says in told
    assert "s3" not in told


def test_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, variables, certificates, and a library that nobody has installed."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.delenv("CHAT_URL", raising=False)
    assert opened(tmp_path, GOOD, "hook", "script", "chat")[1] == [
        "key: channel 'hook' cannot be used: the secret cannot be read: No such file or directory",
        "channel 'chat' cannot be used: the library apprise is not installed "
        "(pip install 'remediate[notify]')",
    ]
    monkeypatch.undo()
    secret(tmp_path)
    authority = GOOD.replace('"key"', '"key"\nca_file = "key"')
    assert opened(tmp_path, authority, "hook", "chat")[1] == [
        "key: channel 'hook' cannot be used: ca_file cannot be used: there is no certificate in PEM",
        "$CHAT_URL: channel 'chat' cannot be used: no secret is there (put it there, in one line)",
    ]


def test_channels_that_are_not_there(tmp_path: Path) -> None:
    """All at once, each with the one that was meant."""
    assert mistakes(tmp_path, GOOD, "hok", "hook", "zzz").splitlines() == [
        "there is no channel 'hok' (did you mean 'hook'?)",
        "there is no channel 'zzz' (remediate.toml here has hook, mail, script, chat)",
    ]
    assert mistakes(tmp_path, "", "ops") == "there is no channel 'ops' (remediate.toml here has none)"
