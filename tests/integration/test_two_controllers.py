"""Two controllers at once on the same hosts, over real SSH: each host is worked on by one of them only."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import remediate
from controllers import at_work, killed_when, logins, playbook, said, wait_until, whole
from sshd import Sshd

from chaos.world import World, make_world

TEXT = """\
- hosts: all
  tasks:
    - name: mark
      shell: "echo {{ who }} >>{{ lines }}; while test ! -f {{ root }}/go; do sleep 0.1; done"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three new hosts behind a server of their own."""
    with Sshd(tmp_path / "sshd") as server:
        yield make_world(tmp_path, server)


def words(world: World, who: str) -> tuple[str | Path, ...]:
    """The command line of a run that marks each host with a name, and holds it until it may go."""
    return ("run", playbook(world, TEXT), "-i", world.inventory, "-e", f"who={who}")


@pytest.mark.parametrize("shared", [False, True], ids=["own-store", "same-store"])
def test_the_second_is_told_who_works_there(world: World, shared: bool) -> None:
    """The first one's user, machine and process; it sends nothing, and its hosts count as unreachable."""
    with at_work(world, *words(world, "first")) as first:
        wait_until(lambda: all(world.lines(host) for host in world.hosts), first)
        other = world.state if shared else world.folder / "other"
        done = remediate(world.folder, *words(world, "second"), "--state-dir", other)
        assert done.code == 4, done.out + done.err
        for event in done.events:
            if event["event"] == "task":
                assert event["status"] == "unreachable"
                assert "another run works on it: " in event["message"]
                assert f"@{os.uname().nodename}, process {first.pid}, since " in event["message"]
        assert all(counts["unreachable"] for counts in done.recap.values())
        (world.root / "go").touch()
        assert first.wait(60) == 0
    assert [world.lines(host) for host in world.hosts] == [["first"]] * 3
    assert whole(world)


def test_of_two_that_start_together_each_host_has_one(world: World) -> None:
    """Whoever is first on a host keeps it to the end; the other one is refused there, and only there."""
    ours, theirs = world.state, world.folder / "theirs"
    with (
        at_work(world, *words(world, "ours"), state=ours) as one,
        at_work(world, *words(world, "theirs"), state=theirs) as other,
    ):

        def settled() -> bool:
            refused = (said(world, ours) + said(world, theirs)).count("another run works on it")
            return refused >= len(world.hosts) and all(world.lines(host) for host in world.hosts)

        wait_until(settled)
        (world.root / "go").touch()
        codes = {one.wait(60), other.wait(60)}
    assert codes <= {0, 4}
    assert 4 in codes
    for host in world.hosts:
        assert world.lines(host) in (["ours"], ["theirs"])
        loser = said(world, ours if world.lines(host) == ["theirs"] else theirs)
        assert f"unreachable  {host} " in loser
    assert whole(world)


def test_what_a_dead_one_has_left_at_work_keeps_others_out(world: World) -> None:
    """Its command is named to a second run; who breaks the lock lets it in; resumed, the first ends."""
    host = ("-l", "one")
    killed_when(world, lambda: world.lines("one"), *words(world, "first"), *host)
    done = remediate(world.folder, *words(world, "second"), *host)
    assert done.code == 4, done.out + done.err
    (told,) = (event["message"] for event in done.events if event["event"] == "task")
    assert "a run that is gone has left at work there: task 1 of play 1 (process " in told
    assert f"@{os.uname().nodename}, process " in told
    assert "collect it: 'remediate resume 1'; 'remediate locks --break'" in told
    done = remediate(world.folder, *words(world, "another"), *host, "--state-dir", world.folder / "other")
    (told,) = (event["message"] for event in done.events if event["event"] == "task")
    assert "collect it where the history of that run is: 'remediate resume'; 'remediate locks" in told
    locks = ("-i", world.inventory, *host, "--state-dir", world.state)
    for more in ((), ("--break", "one", "--yes")):
        out = command("locks", *locks, *more)
        assert "run 1, since " in out
        assert "at work there: task 'mark': run echo first >>" in out
    (world.root / "go").touch()
    assert remediate(world.folder, *words(world, "third"), *host).code == 0
    done = remediate(world.folder, "resume", "1")
    assert done.code == 0, done.out + done.err
    assert world.lines("one") == ["first", "third"]


def command(*line: str | Path) -> str:
    """What `remediate` says."""
    words = [sys.executable, "-m", "remediate", *map(str, line)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_a_dry_run_needs_no_lock_and_disturbs_none(world: World) -> None:
    """It shows what it would do while another one is at work, and leaves the lock as it is."""
    with at_work(world, *words(world, "first")) as first:
        wait_until(lambda: all(world.lines(host) for host in world.hosts), first)
        before = {path: (path / "owner").read_text() for path in world.locks()}
        assert len(before) == 3
        done = remediate(world.folder, *words(world, "second"), "-C")
        assert done.code == 0, done.out + done.err
        assert all(counts["changed"] + counts["unknown"] for counts in done.recap.values())
        assert {path: (path / "owner").read_text() for path in world.locks()} == before
        (world.root / "go").touch()
        assert first.wait(60) == 0
    assert [world.lines(host) for host in world.hosts] == [["first"]] * 3


def test_a_dry_run_leaves_no_lock(world: World) -> None:
    """It connects, asks, and locks nothing."""
    text = "- hosts: all\n  tasks:\n    - copy: {dest: '{{ home }}/new', content: new}\n"
    done = remediate(world.folder, "run", playbook(world, text), "-i", world.inventory, "-C")
    assert done.code == 0, done.out + done.err
    assert logins(world.sshd) == 3
    assert world.locks() == []
