"""A store that cannot be used, with real hosts: a clear error, and nothing is sent to any of them."""

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
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
NOTICE = "- hosts: all\n  tasks:\n    - copy: {dest: '{{ home }}/notice', content: one}\n"


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


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Hosts with a store of two runs, of which the second was cut off, and a plan that was not applied."""
    folder = tmp_path_factory.mktemp("used")
    with Sshd(folder / "sshd") as server:
        world = make_world(folder, server)
        assert run(world, MUCH).code == 0
        assert run(world, NOTICE).code == 0
        words = ("plan", playbook(world, NOTICE.replace("one", "two")), "-i", world.inventory)
        state = ("--state-dir", str(world.state))
        line = [sys.executable, "-m", "remediate", *map(str, words), "-o", str(world.folder / "change.plan")]
        subprocess.run([*line, *state], check=True, capture_output=True, timeout=300)
        with closing(sqlite3.connect(world.state / FILE, isolation_level=None)) as database:
            database.execute("DELETE FROM record WHERE run = 2 AND kind = 'ended'")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield world


def damaged(state: Path, line: Sequence[str]) -> Sequence[str]:
    """Overwrite pages in the middle."""
    with (state / FILE).open("r+b") as file:
        file.seek((state / FILE).stat().st_size // 8192 * 4096)
        file.write(b"\xa5" * 8192)
    return line


def cut(state: Path, line: Sequence[str]) -> Sequence[str]:
    """Its second half is gone."""
    os.truncate(state / FILE, (state / FILE).stat().st_size // 2)
    return line


def locked(state: Path, line: Sequence[str]) -> Sequence[str]:
    """Another process is in the middle of writing something, for longer than anybody waits."""
    text = (
        "import sqlite3, subprocess, sys\n"
        f"held = sqlite3.connect({str(state / FILE)!r}, isolation_level=None)\n"
        "held.execute('BEGIN IMMEDIATE')\n"
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)\n"
    )
    return [sys.executable, "-c", text, *line]


def full(state: Path, line: Sequence[str]) -> Sequence[str]:
    """Its file system is full; where none may be mounted, no file may grow."""
    size = sum(file.stat().st_size for file in state.iterdir()) + 65536
    kept = state.rename(state.with_name("kept"))
    state.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(state)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    shutil.copytree(kept, state, dirs_exist_ok=True)
    if not mounted:
        return ["sh", "-c", f"ulimit -f 0; exec {shlex.join(line)}"]
    with suppress(OSError), (state / "filler").open("wb", buffering=0) as file:
        while file.write(b"x" * 512):
            pass
    return line


FAULTS = {
    damaged: ("", "it is damaged: put a backup in its place"),
    cut: ("", "it is damaged: put a backup in its place"),
    locked: ("database is locked", "it is in use by another program: wait for that one's end, or end it"),
    full: ("", "make room there, or name a directory that can be written: --state-dir"),
}


@pytest.mark.parametrize("words", [["run", "p.yaml"], ["apply", "change.plan"], ["resume"], ["undo", "2"]])
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_an_unfit_store_is_told_before_anybody_is_contacted(
    used: World, tmp_path: Path, fault: Callable[[Path, Sequence[str]], Sequence[str]], words: list[str]
) -> None:
    """Whatever is to be done: exit code 1, what is wrong with which file, and what helps."""
    state = tmp_path / "state"
    shutil.copytree(used.state, state)
    (used.folder / "p.yaml").write_text((used.folder / "playbook.yaml").read_text())
    named = [str(used.folder / word) if "." in word else word for word in words]
    line = [sys.executable, "-m", "remediate", *named, "-i", str(used.inventory), "--state-dir", str(state)]
    before = logins(used.sshd)
    try:
        line = fault(state, line)
        done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
    finally:
        subprocess.run(["umount", str(state)], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout + done.stderr
    said, cure = FAULTS[fault]
    assert f"remediate: the store cannot be used: {state / FILE}: {said}" in done.stderr
    assert cure in done.stderr
    assert logins(used.sshd) == before


def test_a_full_disk_is_told_before_anybody_is_contacted(world: World) -> None:
    """If not even an empty store has room."""
    done = with_room_for(4, world, TEXT)
    assert done.code == 1, done.out + done.err
    assert "the store cannot be used: " in done.err
    assert "make room there" in done.err
    assert nothing_was_sent(world)


def test_what_the_run_is_made_of_must_have_room(world: World) -> None:
    """If there is room for the store, but not for that, nobody is contacted either."""
    assert run(world, "- hosts: one\n  tasks:\n    - shell: 'true'\n").code == 0
    before = logins(world.sshd)
    text = TEXT + f"    - debug: {{msg: '{'much text ' * 20000}'}}\n"
    done = with_room_for(200, world, text)
    assert done.code == 1, done.out + done.err
    assert "the store cannot be used" in done.err
    assert "make room there" in done.err
    assert logins(world.sshd) == before
    assert nothing_was_done(world)


def test_a_disk_that_becomes_full_loses_nothing(world: World) -> None:
    """What was done and could not be written down is not done again when there is room."""
    done = with_room_for(500, world, MUCH + MUCH.replace("much\n", "much\n      no_log: true\n"))
    assert done.code == 2, done.out + done.err
    assert "the history of this run is not whole: the store cannot be written: " in done.err
    assert "make room there" in done.err
    assert "'remediate resume 1' goes on with it" in done.err
    before = [world.lines(host) for host in world.hosts]
    assert any(before)
    assert ["1", "2", "1", "2"] not in before
    done = resumed(world)
    assert done.code == 0, done.out + done.err
    assert [world.lines(host) for host in world.hosts] == [["1", "2", "1", "2"]] * 3
    assert whole(world)
