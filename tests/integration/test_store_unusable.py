"""A store that cannot be used, with real hosts: a clear error, and nothing is sent to any of them."""

import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Done
from controllers import logins, playbook, resumed, run, whole
from sshd import Sshd

from chaos.world import World, make_world
from remediate.store.database import FILE

TEXT = "- hosts: all\n  tasks:\n    - shell: 'echo line >>{{ lines }}'\n"
MUCH = """\
- hosts: all
  tasks:
    - name: much
      shell: "echo {{ item }} >>{{ lines }}; awk 'BEGIN { for (i = 0; i < 9000; i++) print i, {{ item }} }'"
      loop: [1, 2]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three new hosts behind a server of their own."""
    with Sshd(tmp_path / "sshd") as server:
        yield make_world(tmp_path, server)


def with_room_for(blocks: int, world: World, text: str) -> Done:
    """A run that cannot make a file larger than so many blocks of 512 bytes: to it, the disk is full then."""
    line = [sys.executable, "-m", "remediate", "run", str(playbook(world, text)), "-i", str(world.inventory)]
    command = f"ulimit -f {blocks}; exec {shlex.join([*line, '--state-dir', str(world.state)])}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=300, check=False)
    return Done(done.returncode, done.stdout, done.stderr, [])


def nothing_was_sent(world: World) -> bool:
    """Whether nobody has logged in."""
    return logins(world.sshd) == 0 and not any(world.lines(host) for host in world.hosts)


def nothing_was_done(world: World) -> bool:
    """Whether the hosts are as they were, apart from what they were asked."""
    return not world.locks() and all(set(tree) <= {"tmp"} for tree in world.trees().values())


@pytest.mark.parametrize("content", [b"no database at all\n" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_store_is_told_before_anybody_is_contacted(world: World, content: bytes) -> None:
    """What is no database, or only begins like one."""
    world.state.mkdir()
    (world.state / FILE).write_bytes(content)
    done = run(world, TEXT)
    assert done.code == 1
    assert f"the store cannot be used: {world.state / FILE}: " in done.err
    assert "it is damaged: put a backup in its place" in done.err
    assert nothing_was_sent(world)


def test_a_store_whose_pages_are_damaged_changes_no_host(world: World) -> None:
    """Where the damage is found only by writing, every host fails before its first change."""
    assert run(world, "- hosts: one\n  tasks:\n    - shell: 'true'\n").code == 0
    with sqlite3.connect(world.state / FILE) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = (world.state / FILE).read_bytes()
    (world.state / FILE).write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    done = run(world, TEXT)
    assert done.code in (1, 2)
    assert str(world.state / FILE) in done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert nothing_was_done(world)


def test_a_store_that_another_process_keeps_locked_changes_no_host(world: World) -> None:
    """After waiting for a while, every host fails before its first change, and says why."""
    assert run(world, "- hosts: one\n  tasks:\n    - shell: 'true'\n").code == 0
    database = sqlite3.connect(world.state / FILE, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    done = run(world, TEXT)
    database.execute("ROLLBACK")
    database.close()
    assert done.code == 2
    assert (
        done.out.count(f"not done: the store {world.state / FILE} cannot be written: database is locked") >= 3
    )
    assert nothing_was_done(world)


def test_a_full_disk_is_told_before_anybody_is_contacted(world: World) -> None:
    """If not even an empty store has room."""
    done = with_room_for(4, world, TEXT)
    assert done.code == 1, done.out + done.err
    assert "the store cannot be used: " in done.err
    assert "make room there" in done.err
    assert nothing_was_sent(world)


def test_where_the_disk_is_full_before_the_first_change_none_is_made(world: World) -> None:
    """If there is room for the store, but not for what the run is made of."""
    assert run(world, "- hosts: one\n  tasks:\n    - shell: 'true'\n").code == 0
    text = TEXT + f"    - debug: {{msg: '{'much text ' * 20000}'}}\n"
    done = with_room_for(200, world, text)
    assert done.code == 2, done.out + done.err
    assert "cannot be written" in done.out
    assert "make room there" in done.out
    assert "Traceback" not in done.out + done.err
    assert nothing_was_done(world)


def test_a_disk_that_becomes_full_loses_nothing(world: World) -> None:
    """What was done and could not be written down is not done again when there is room."""
    done = with_room_for(500, world, MUCH + MUCH)
    assert done.code == 2, done.out + done.err
    assert "cannot be written" in done.out
    assert "the history of this run is not whole" in done.err
    before = [world.lines(host) for host in world.hosts]
    assert any(before)
    assert ["1", "2", "1", "2"] not in before
    done = resumed(world)
    assert done.code == 0, done.out + done.err
    assert [world.lines(host) for host in world.hosts] == [["1", "2", "1", "2"]] * 3
    assert whole(world)
