"""`remediate resume` of an apply: what the plan shows, also on the hosts that it had not begun."""

from datetime import UTC, datetime, tzinfo

import pytest
from change_desk import Desk, done
from ctrl_c import pressed_once
from own_hosts import OwnHosts

from remediate.cli import resuming
from remediate.cli.exit_codes import DRIFTED, INTERRUPTED, UNREACHABLE
from remediate.errors import Unreachable

RESUME = ("resume", "-e", "@secrets.yaml")


@pytest.fixture
def cut_off(desk: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two hosts one after the other: run 1 has been interrupted on the first, and not begun on the second."""
    playbook = desk.folder / "p.yaml"
    playbook.write_text(playbook.read_text().replace("  hosts: all\n", "  hosts: all\n  serial: 1\n"))
    desk.plan("one,two,", "--not-after", "2998-01-01")
    hosts.made["one"]._before = pressed_once(monkeypatch, at="echo rung")
    assert desk.apply()[0] == INTERRUPTED
    hosts.made["one"]._before = None
    assert (desk.on("one"), desk.on("two")) == (done("one"), {})
    return desk


def test_what_has_drifted_meanwhile_is_refused(cut_off: Desk) -> None:
    """Nothing is sent to a host that was not begun; when it is as before, it is gone on with."""
    mine = cut_off.folder / "root" / "two"
    mine.write_text("mine\n")
    code, out, err = cut_off(*RESUME)
    assert code == DRIFTED
    assert "two: REFUSED: it is not as the plan saw it; nothing was sent to it\n  task 'the notice':\n" in err
    assert "+mine\n" in err
    assert "two  ok=0  changed=0  failed=1  stopped before the end" in out
    assert (cut_off.on("one"), cut_off.on("two")) == (done("one"), {"two": "mine\n"})
    assert "run 1 is unfinished on two: " in cut_off("history")[1]
    mine.unlink()
    code, out, err = cut_off(*RESUME)
    assert code == 0, out + err
    assert (cut_off.on("one"), cut_off.on("two")) == (done("one"), done("two"))


def test_a_window_that_has_passed(cut_off: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun any more after it: a host that was not is not even asked."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls(2999, 1, 1, tzinfo=tz or UTC)

    monkeypatch.setattr(resuming, "datetime", Later)
    before = hosts.round_trips("two")
    code, _, err = cut_off(*RESUME)
    assert code == DRIFTED
    assert "two: REFUSED: it is too late to begin there; nothing was sent to it\n" in err
    assert "the plan may not be applied after 2998-01-01" in err
    assert (hosts.round_trips("two"), cut_off.on("two")) == (before, {})


def test_who_cannot_be_compared_is_left_alone(
    cut_off: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone on with later."""

    def down(*_words: object, **_settings: object) -> None:
        raise Unreachable("refused the connection", where="two", cure="start sshd")

    with monkeypatch.context() as patched:
        patched.setattr(hosts.made["two"], "ask", down)
        code, _, err = cut_off(*RESUME)
    assert code == UNREACHABLE
    assert "two: UNREACHABLE: refused the connection (start sshd); nothing was sent to it\n" in err
    assert cut_off.on("two") == {}
    assert cut_off(*RESUME)[0] == 0
    assert cut_off.on("two") == done("two")


def test_an_interrupted_comparison_leaves_all_as_it_is(
    cut_off: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent to anybody, and the run can be gone on with as before."""
    hosts.made["two"]._before = pressed_once(monkeypatch)
    code, _, err = cut_off(*RESUME)
    assert code == INTERRUPTED
    assert "interrupted: nothing was sent to any host\n" in err
    assert cut_off.on("two") == {}
    hosts.made["two"]._before = None
    assert cut_off(*RESUME)[0] == 0
