"""`remediate recheck --notify`: channels are told once of what is new, and once of what is fixed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from own_hosts import OwnHosts
from receivers import Web, web

from remediate.cli import rechecking
from remediate.cli.exit_codes import BAD_INPUT, FAILED
from remediate.notify import attempts

Command = Callable[..., tuple[int, str, str]]
Look = Callable[..., tuple[int, str]]

PLAYBOOK = """\
- hosts: all
  vars: {door_password: hunter22}
  tasks:
    - name: licence
      stat: {path: "{{ root }}/{{ inventory_hostname }}"}
      register: found
    - name: The licence is there
      assert: {that: found.stat.exists, fail_msg: "it is gone, {{ door_password }}"}
"""


@pytest.fixture
def site(folder: Path, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web server that the channel `ops` names, and two hosts of which all is well."""
    monkeypatch.setattr(attempts, "_ATTEMPTS", 1)
    (folder / "p.yaml").write_text(PLAYBOOK)
    (folder / "key").touch(mode=0o600)
    (folder / "key").write_text("0123456789")
    for name in ("one", "two"):
        (folder / "root" / name).write_text("")
    with web() as server:
        (folder / "remediate.toml").write_text(
            f'[notify.ops]\nkind = "webhook"\nurl = "{server.url}"\nkey_file = "key"\n'
        )
        yield server


@pytest.fixture
def look(folder: Path, remediate: Command) -> Look:
    """Looks at both hosts, and tells `ops`: the exit code and stderr."""

    def command(*words: str) -> tuple[int, str]:
        options = ("-e", f"root={folder}/root", "-i", "one,two,", "--notify", "ops", *words)
        code, _, err = remediate("recheck", "p.yaml", *options)
        return code, err

    return command


def test_new_and_fixed_are_told_once(folder: Path, site: Web, look: Look) -> None:
    """Nothing while all is well, one message when it no longer is, none while it stays so, one at the end."""
    assert look() == (0, "")
    assert site.requests == []
    (folder / "root" / "one").unlink()
    assert look() == look() == (FAILED, "")
    (folder / "root" / "one").write_text("")
    assert look() == look() == (0, "")
    new, fixed = (json.loads(each.body) for each in site.requests)
    assert new["subject"] == "remediate: p: 1 new (1 critical) on one"
    assert "critical  The licence is there: it is gone, ********\n            on one\n" in new["text"]
    assert f"remediate history --state-dir {folder}/state/remediate show 2" in new["text"]
    assert "hunter22" not in str(new)
    assert (new["counts"], new["fixed"]) == ({"new": 1, "fixed": 0, "still": 0, "ok": 3}, [])
    assert fixed["subject"] == "remediate: p: 1 fixed on one"
    assert [each["host"] for each in fixed["fixed"]] == ["one"]


def test_a_channel_that_is_down_changes_nothing_but_is_told_later(
    folder: Path, site: Web, look: Look, remediate: Command
) -> None:
    """The exit code is that of the findings, stderr has a warning, and the next re-check makes up for it."""
    site.answers = (503, 204)
    for name in ("one", "two"):
        (folder / "root" / name).unlink()
    code, err = look("--monitoring")
    assert code == 2
    assert err == f"warning: channel 'ops' was not told of run 1: {site.url} answered 503\n"
    assert "NOT TOLD" in remediate("history", "show", "1")[1]
    assert look() == (FAILED, "")
    assert [json.loads(each.body)["run"] for each in site.requests] == [1, 1]
    assert "NOT TOLD" not in remediate("history", "show", "1")[1]


def test_a_channel_that_cannot_be_used_does_not_keep_from_looking(
    folder: Path, site: Web, look: Look
) -> None:
    """It is told before and after, and made up for when it can be used again."""
    (folder / "key").chmod(0o644)
    (folder / "root" / "one").unlink()
    code, err = look()
    assert code == FAILED
    first, second = err.splitlines()
    assert "channel 'ops' cannot be used: others may read the secret in it" in first
    assert "channel 'ops' was not told of run 1: " in second
    (folder / "key").chmod(0o600)
    assert look() == (FAILED, "")
    assert [json.loads(each.body)["run"] for each in site.requests] == [1]


def test_news_outlives_what_happens_before_it_is_sent(
    folder: Path, site: Web, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody reads the output it is sent all the same; where the process ends, by the next re-check."""

    def gone(*_: Any) -> None:
        raise BrokenPipeError

    with monkeypatch.context() as patched:
        patched.setattr(rechecking, "_show", gone)
        (folder / "root" / "one").unlink()
        assert look() == (BAD_INPUT, "")
    assert [json.loads(each.body)["run"] for each in site.requests] == [1]
    with monkeypatch.context() as patched:
        patched.setattr(rechecking, "tell", lambda *_: None)
        (folder / "root" / "two").unlink()
        look()
    assert look() == (FAILED, "")
    assert [json.loads(each.body)["run"] for each in site.requests] == [1, 2]


@pytest.mark.usefixtures("nobody")
def test_a_channel_that_nobody_knows_is_bad_input(folder: Path, site: Web, look: Look) -> None:
    """Before any host is contacted, and nothing is kept."""
    code, err = look("--notify", "opps")
    assert code == BAD_INPUT
    assert "there is no channel 'opps' (did you mean 'ops'?)" in err
    assert not (folder / "state").exists()
