"""Hosts of a plan to which an apply sends nothing: its run knows of them, and `resume` goes on with them."""

import json
from datetime import UTC, datetime, tzinfo
from typing import Any

import pytest
from change_desk import Desk, done
from ctrl_c import pressed_once
from own_hosts import OwnHosts
from runs import down

from remediate.cli import resuming
from remediate.cli.exit_codes import BAD_INPUT, DRIFTED, INTERRUPTED, UNREACHABLE

RESUME = ("resume", "1", "-e", "@secrets.yaml")
GONE = "refused the connection (start sshd); nothing was sent to it"
OTHER = "it is not as the plan saw it; nothing was sent to it\n  task 'the notice':\n"


def events(desk: Desk) -> list[dict[str, Any]]:
    """What the last apply has written to its file."""
    return [json.loads(line) for line in (desk.folder / "ev").read_text().splitlines()]


def plan_in_batches(desk: Desk, hosts: str, more: str, *words: str) -> None:
    """Make the plan, its play with more keywords."""
    playbook = desk.folder / "p.yaml"
    playbook.write_text(playbook.read_text().replace("  hosts: all\n", f"  hosts: all\n{more}"))
    assert desk.plan(hosts, *words)[0] == 0


def test_a_host_that_was_away_is_in_the_record_and_gone_on_with(desk: Desk, hosts: OwnHosts) -> None:
    """Recap, events, history and report have it as unreachable, with why; resume does what the plan shows."""
    desk.plan()
    hosts.made["two"]._before = down
    code, out, _ = desk.apply("--events", "ev")
    assert code == UNREACHABLE
    assert "two  ok=0  changed=0  failed=0  unreachable=1\n" in out
    assert "2 hosts: 1 changed, 0 failed, 1 unreachable\n" in out
    told = [each for each in events(desk) if each.get("host") == "two"]
    assert [(each["task"], each["status"], each["message"]) for each in told] == [
        ("the notice", "unreachable", GONE)
    ]
    assert events(desk)[-1]["hosts"]["two"]["unreachable"] == 1
    assert f"  two  unreachable  the notice: {GONE}\n" in desk("history", "show", "1")[1]
    assert "run 1 is unfinished on two: 'remediate resume 1' goes on with it\n" in desk("history")[1]
    assert GONE in desk("report", "1", "--markdown", "-")[1]
    assert desk(*RESUME)[0] == UNREACHABLE
    hosts.made["two"]._before = None
    code, out, err = desk(*RESUME)
    assert code == 0, out + err
    assert (desk.on("one"), desk.on("two")) == (done("one"), done("two"))
    assert desk(*RESUME)[0] == BAD_INPUT
    assert desk("history", "verify")[0] == 0


def test_a_host_that_was_refused_is_in_the_record_and_gone_on_with(desk: Desk) -> None:
    """As failed, with what has changed; it is compared again, and done once it is as the plan saw it."""
    desk.plan()
    mine = desk.folder / "root" / "one"
    mine.write_text("mine\n")
    code, out, err = desk.apply("--events", "ev")
    assert code == DRIFTED
    assert "one  ok=0  changed=0  failed=1  stopped before the end\n" in out
    assert (out + err).count("-mine\n") == 1, "what has changed is shown once"
    (told,) = (each for each in events(desk) if each.get("host") == "one")
    assert (told["status"], told["begun"]) == ("failed", False)
    assert told["message"].startswith(OTHER)
    assert "-mine\n" in told["message"]
    code, out, _ = desk("history", "show", "1", "one")
    assert code == 0
    assert f"  one  failed  the notice: {OTHER.splitlines()[0]}\n" in out
    assert desk(*RESUME)[0] == DRIFTED
    assert desk.on("one") == {"one": "mine\n"}
    mine.unlink()
    code, out, err = desk(*RESUME)
    assert code == 0, out + err
    assert desk.on("one") == done("one")
    report = json.loads(desk("report", "1", "--json", "-")[1])
    assert {host["host"]: host["state"] for host in report["hosts"]} == {"one": "changed", "two": "changed"}


def test_nothing_is_sent_to_who_is_left_out(desk: Desk, hosts: OwnHosts) -> None:
    """An apply and its resume only compare: no lock is taken there, and none is given back."""
    desk.plan()
    (desk.folder / "root" / "one").write_text("mine\n")
    desk.apply()
    desk(*RESUME)
    sent = [script for trip in hosts.made["one"].sent for script in trip]
    assert not [script for script in sent if "remediate-locks" in script]


@pytest.mark.parametrize("limit", ["", "one,two"])
def test_the_limit_of_a_run_is_the_one_that_was_given(desk: Desk, limit: str) -> None:
    """Neither which hosts are in the change nor which of them are left out is one."""
    desk.plan("one,two,bad,", *(("--limit", limit) if limit else ()))
    (desk.folder / "root" / "one").write_text("mine\n")
    desk.apply()
    told = desk("history", "show", "1")[1]
    assert ("  limited to " in told) is bool(limit)
    assert (f"  limited to {limit}\n" in told) is bool(limit)


def test_where_all_are_left_out_no_run_begins(desk: Desk, hosts: OwnHosts) -> None:
    """The plan is not applied then: it can be later."""
    desk.plan()
    for host in hosts.made.values():
        host._before = down
    code, out, err = desk.apply()
    assert (code, out) == (UNREACHABLE, "")
    assert err.endswith("nothing was sent to any host\n")
    for host in hosts.made.values():
        host._before = None
    assert desk.apply()[0] == 0


def test_they_count_with_those_that_fail(desk: Desk) -> None:
    """Too many of them stop the play before anything is sent; who resumes the run wants the others done."""
    plan_in_batches(desk, "one,two,three,", "  serial: 2\n  max_fail_percentage: 49\n")
    (desk.folder / "root" / "two").write_text("mine\n")
    code, out, _ = desk.apply()
    assert code == DRIFTED
    assert "play 'announce' stops: 1 of 2 hosts failed, more than 49 %" in out
    assert (desk.on("one"), desk.on("three")) == ({}, {})
    assert desk(*RESUME)[0] == DRIFTED
    assert (desk.on("one"), desk.on("three")) == (done("one"), done("three"))


def test_who_is_too_late_stops_nobody(desk: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the window the hosts that were begun are gone on with, whatever `max_fail_percentage` says."""
    plan_in_batches(desk, "one,two,", "  max_fail_percentage: 0\n", "--not-after", "2998-01-01", "-f", "1")

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls(2999, 1, 1, tzinfo=tz or UTC)

    hosts.made["one"]._before = pressed_once(monkeypatch, at="closed")
    assert desk.apply()[0] == INTERRUPTED
    hosts.made["one"]._before = None
    assert (desk.on("one"), desk.on("two")) == ({"one": done("one")["one"]}, {})
    monkeypatch.setattr(resuming, "datetime", Later)
    code, out, err = desk(*RESUME)
    assert code == DRIFTED, out + err
    assert (desk.on("one"), desk.on("two")) == (done("one"), {})
    told = desk("history", "show", "1", "two")[1]
    assert "  two  failed  the notice: it is too late to begin there; nothing was sent to it\n" in told
