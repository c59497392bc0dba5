"""`remediate locks`: which hosts are locked and by whom; and to break a lock."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from change_desk import Command
from own_hosts import OwnHosts
from runs import TestHost, down

from remediate.hosts.lock import lock_name, take
from remediate.hosts.lock_owner import Owner, this_process
from remediate.hosts.target import Target

ANNE = Owner(host="one", who="anne@ops1", run="r1", pid=7, place="p1", boot="b1", since=1000, expires=0)
ONE = ("locks", "-i", "one,two,")

Lock = Callable[[Owner], None]


def later(owner: Owner = ANNE) -> Owner:
    """Who holds a lock for the next hour."""
    now = int(time.time())
    return replace(owner, since=now, expires=now + 3600)


@pytest.fixture
def lock(hosts: OwnHosts) -> Lock:
    """Locks the host `one`."""

    def lock(owner: Owner) -> None:
        text = take(lock_name("one", None), owner, now=owner.since)
        (output,) = hosts.host(Target(name="one", address="one")).ask([text], deadline=30)
        assert b"remediate:lock:taken" in output.stdout

    return lock


def ended_process() -> int:
    """The number of a process that was of this machine and is no more."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_who_holds_what(remediate: Command, lock: Lock) -> None:
    """A line for each host that is locked: who, which process and run, since when and until when."""
    assert remediate(*ONE) == (0, "2 hosts: 0 locked, 0 failed, 0 unreachable\n", "")
    owner = later()
    lock(owner)
    code, out, _ = remediate(*ONE)
    assert code == 0
    first, last = out.splitlines()
    assert first.startswith(
        "locked       one  anne@ops1, process 7, a run that is not in the history here (r1), since 20"
    )
    assert first.endswith("+00:00 unless it is prolonged")
    assert last == "2 hosts: 1 locked, 0 failed, 0 unreachable"


def test_a_run_is_named_by_its_number(remediate: Command, hosts: OwnHosts, folder: Path) -> None:
    """While one is at work here, its lock is shown under the number that the history has for it."""
    seen = []

    def look(scripts: Sequence[str]) -> None:
        if any("touch" in script for script in scripts) and not seen:
            made = hosts.made.pop("one")
            seen.append(remediate(*ONE)[1])
            hosts.made["one"] = made

    host = hosts.host(Target(name="one", address="one"))
    host._before = look
    (folder / "p.yaml").write_text(
        "- hosts: all\n  tasks: [{name: first, shell: 'true'}, {name: t, shell: 'touch x'}]\n"
    )
    assert remediate("run", "p.yaml", "-i", "one,")[0] == 0
    assert f", process {os.getpid()}, run 1, since " in seen[0]
    assert "0 locked" in remediate(*ONE)[1]


def test_what_was_left_behind(remediate: Command, lock: Lock) -> None:
    """A lock of a process of this machine that is no more is told as such, and so is one that has expired."""
    mine = this_process(host="one", run="r2", now=int(time.time()), seconds=3600)
    lock(replace(mine, pid=ended_process()))
    assert remediate(*ONE)[1].splitlines()[0].endswith("; left behind: that process is no more")
    assert remediate(*ONE, "--break", "one", "--yes")[0] == 0
    lock(replace(ANNE, expires=2000))
    assert "; left behind: its time was up at 1970-01-01T00:33:20+00:00\n" in remediate(*ONE)[1]


def test_a_lock_is_broken(remediate: Command, lock: Lock) -> None:
    """Its holder is named first; a host that is not locked is told as such."""
    lock(later())
    code, out, _ = remediate(*ONE, "--break", "one", "--yes")
    assert code == 0
    assert out.startswith("one is locked by anne@ops1, process 7, ")
    assert out.endswith("\nthe lock of one is broken\n")
    assert remediate(*ONE, "--break", "one", "--yes") == (0, "one is not locked\n", "")


def test_nobody_is_there_to_be_asked(remediate: Command, lock: Lock, hosts: OwnHosts) -> None:
    """Without a terminal and without --yes nothing is broken, and nobody contacted."""
    lock(later())
    before = hosts.round_trips("one")
    code, out, err = remediate(*ONE, "--break", "one")
    assert (code, out) == (1, "")
    assert "the lock of one is not broken unasked, and there is no terminal to ask at" in err
    assert hosts.round_trips("one") == before
    assert "1 locked" in remediate(*ONE)[1]


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked(
    remediate: Command, lock: Lock, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    """At a terminal, after he was told whose lock it is."""
    import click

    lock(later())

    def confirm(text: str, *, abort: bool) -> None:
        assert text == "Break the lock of one?"
        assert abort
        if not answer:
            raise click.Abort

    monkeypatch.setattr("click.confirm", confirm)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    ended, out, _ = remediate(*ONE, "--break", "one")
    assert ended == (0 if answer else 130)
    assert "one is locked by anne@ops1" in out
    assert "it will not notice" in out
    assert f"{int(not answer)} locked" in remediate(*ONE)[1]


@pytest.mark.parametrize("name", ["all", "one,two", "three"])
def test_one_host_is_named(remediate: Command, hosts: OwnHosts, name: str) -> None:
    """Not a pattern for several: locks are broken one by one, and after a thought."""
    assert remediate(*ONE, "--break", name, "--yes")[0] == 1
    assert all(not each.sent for each in hosts.made.values())


def test_hosts_that_cannot_tell(remediate: Command, hosts: OwnHosts, folder: Path) -> None:
    """One that is down, and one on which no locks can be kept: both told, the worse one is the exit code."""
    hosts.made["one"] = TestHost("one", before=down)
    code, out, _ = remediate(*ONE)
    assert code == 4
    assert "unreachable  one  refused the connection (start sshd)\n" in out
    (folder / "tmp" / ".remediate-locks").symlink_to(folder)
    code, out, _ = remediate(*ONE)
    assert code == 2
    assert "failed       two  the host's lock cannot be taken: " in out
    assert out.endswith("2 hosts: 0 locked, 1 failed, 1 unreachable\n")
