"""`remediate doctor`: what runs that were cut off have left on hosts, and what of it may go."""

import os
import re
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from change_desk import Command
from own_hosts import OwnHosts
from runs import TestHost, down
from sshd import is_gone
from test_cli_locks import ended_process

from remediate.hosts.lock import lock_name, take
from remediate.hosts.lock_owner import this_process
from remediate.hosts.once import once
from remediate.hosts.spool import Spool
from remediate.hosts.target import Target
from remediate.store.history import open_history

DOCTOR = ("doctor", "-i", "one,")
DAY = 24 * 3600
LEFT = re.compile(r"one  what \d commands? of run 1 of 20\d\d-\S+ left \([1-9]\d* KB")

PLAYBOOK = """\
- hosts: all
  tasks:
    - {name: first, shell: 'echo first'}
    - {name: second, shell: 'test ! -f {{ root }}/fail'}
"""


class Site:
    """A host with a spool, and the history of runs here."""

    def __init__(self, folder: Path, command: Command, hosts: OwnHosts) -> None:
        self.folder = folder
        self.spool = folder / "home" / ".remediate"
        self.command = command
        self.host = hosts.host(Target(name="one", address="one"))
        (folder / "p.yaml").write_text(PLAYBOOK)

    def claim(self, run: str, key: str = "0.1", script: str = "echo out", *, days: int = 0) -> Path:
        """A command that was carried out in a run, some days ago."""
        text = once(script, spool=Spool(run=f"{run}.abc"), key=key)
        self.host.ask([text], deadline=30)
        path = self.spool / f"{run}.abc" / key
        at = time.time() - days * DAY
        os.utime(path, (at, at))
        return path

    def run(self) -> str:
        """A run that came to its end: its name on hosts."""
        words = ("run", "p.yaml", "-i", "one,", "-e", f"root={self.folder}/root")
        assert self.command(*words)[0] == 0
        with open_history(self.folder / "state" / "remediate") as history:
            return str(history.runs()[-1].head["nonce"])

    def cut_off(self) -> str:
        """A run that was cut off."""
        name = self.run()
        with sqlite3.connect(self.folder / "state" / "remediate" / "remediate.db") as database:
            database.execute("DELETE FROM record WHERE kind = 'ended'")
        return name


@pytest.fixture
def site(folder: Path, remediate: Command, hosts: OwnHosts) -> Site:
    """A host on which nothing is left."""
    return Site(folder, remediate, hosts)


def test_nothing_is_left(site: Site) -> None:
    """By runs that came to their end."""
    site.run()
    assert site.command(*DOCTOR) == (0, "1 host: 1 with nothing left, 0 failed, 0 unreachable\n", "")
    assert not site.spool.exists()


def test_a_run_that_can_be_gone_on_with(site: Site) -> None:
    """What it left stays: the results of its commands may be needed."""
    path = site.claim(site.cut_off(), days=100)
    for clean in ((), ("--clean",)):
        code, out, _ = site.command(*DOCTOR, *clean)
        assert code == 0
        assert LEFT.match(out)
        assert f"), in {site.spool}; stays: " in out
        assert "'remediate resume 1' can go on with it\n" in out
    assert path.exists()


def test_a_run_that_is_through(site: Site) -> None:
    """What it left is nobody's any more; it goes with --clean and not without."""
    name = site.run()
    path = site.claim(name)
    site.claim(name, "0.2")
    code, out, _ = site.command(*DOCTOR)
    assert code == 0
    assert LEFT.match(out)
    assert f"), in {site.spool}; nobody needs it any more\n" in out
    assert out.endswith("What nobody needs any more is removed with --clean.\n")
    assert path.exists()
    assert "), in " in site.command(*DOCTOR, "--clean")[1]
    assert not site.spool.exists()
    assert "1 with nothing left" in site.command(*DOCTOR)[1]


def test_a_run_of_elsewhere(site: Site) -> None:
    """What the history here does not know may be another one's to go on with, until it is old."""
    young, old = site.claim("there", days=10), site.claim("there", "0.2", days=20)
    code, out, _ = site.command(*DOCTOR, "--clean")
    assert code == 0
    told = r"one  what 1 command of a run that is not in the history here \(there\) left \(\d+ KB\), in .*; "
    assert re.search(f"{told}removed\n", out)
    assert re.search(f"{told}stays: changed within the last 14 days\n", out)
    assert (young.exists(), old.exists()) == (True, False)


def test_what_still_runs(site: Site) -> None:
    """It stays, whoever has started it and however long ago."""
    name = site.run()
    script = f"( sleep 300; : ) & echo $! >{site.folder}/child"
    path = site.claim(name, script=script, days=100)
    try:
        out = site.command(*DOCTOR, "--clean")[1]
        assert re.match(rf"one  1 command of run 1 of \S+, in {site.spool}; stays: still at work\n", out)
        assert path.exists()
    finally:
        child = int((site.folder / "child").read_text())
        os.kill(child, 9)
    assert is_gone(child)
    out = site.command(*DOCTOR, "--clean")[1]
    assert LEFT.match(out)
    assert f"), in {site.spool}; removed\n" in out
    assert not path.exists()


def test_what_was_cut_off(site: Site) -> None:
    """A command that was begun and has no end is told as such."""
    path = site.claim(site.run())
    (path / "end").unlink()
    assert " KB, 1 cut off), in " in site.command(*DOCTOR, "--clean")[1]
    assert not site.spool.exists()


@pytest.mark.parametrize("name", ["-rf", "a b", "x;touch y", "..x", "link"])
def test_what_no_run_has_made(site: Site, name: str) -> None:
    """It is neither told nor touched, and no name is a command."""
    site.claim(site.run())
    other = site.spool / name / "0.1"
    if name == "link":
        (site.folder / "else" / "0.1").mkdir(parents=True)
        (site.spool / name).symlink_to(site.folder / "else")
    else:
        other.mkdir(parents=True)
    code, out, _ = site.command(*DOCTOR, "--clean")
    assert code == 0
    assert LEFT.match(out)
    assert other.exists()
    assert not list(Path("/").glob("y"))


def test_somebody_elses_spool(site: Site) -> None:
    """A link in its place is not followed."""
    (site.folder / "else" / "there.abc" / "0.1").mkdir(parents=True)
    site.spool.symlink_to(site.folder / "else")
    assert "1 with nothing left" in site.command(*DOCTOR, "--clean")[1]


def test_locks(site: Site) -> None:
    """One that was left behind goes, unless its run can be gone on with; one that is held is no leftover."""
    now = int(time.time())

    def lock(run: str, pid: int) -> None:
        owner = replace(this_process(host="one", run=run, now=now, seconds=3600), pid=pid)
        site.host.ask([take(lock_name("one", None), owner, now=now)], deadline=30)

    held = ("locks", "-i", "one,")
    lock("there", os.getpid())
    assert "1 with nothing left" in site.command(*DOCTOR, "--clean")[1]
    assert "1 locked" in site.command(*held)[1]
    site.command(*held, "--break", "one", "--yes")
    name, gone = site.cut_off(), ended_process()
    lock(name, gone)
    out = site.command(*DOCTOR, "--clean")[1]
    assert out.startswith("one  locked by ")
    assert "left behind: that process is no more; stays: 'remediate resume 1' can go on with it\n" in out
    assert "1 locked" in site.command(*held)[1]
    site.command(*held, "--break", "one", "--yes")
    lock("there", gone)
    assert "left behind: that process is no more; removed\n" in site.command(*DOCTOR, "--clean")[1]
    assert "0 locked" in site.command(*held)[1]


def test_hosts_that_cannot_be_asked(remediate: Command, hosts: OwnHosts) -> None:
    """They are told, and the exit code is 4."""
    hosts.made["one"] = TestHost("one", before=down)
    code, out, _ = remediate(*DOCTOR)
    assert code == 4
    assert out == (
        "unreachable  one  refused the connection (start sshd)\n"
        "1 host: 0 with nothing left, 0 failed, 1 unreachable\n"
    )
