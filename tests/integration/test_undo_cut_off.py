"""`remediate undo` over real SSH, cut off and gone on with; and of runs that were cut off themselves."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from commands import Done, remediate
from controllers import at_work, killed_when, logins, playbook, resumed, run, wait_until, whole
from sshd import Sshd

from chaos.world import World, make_world

ONE = ("-l", "one")


@pytest.fixture
def world(tmp_path: Path, sshd: Sshd) -> World:
    """Three new hosts, on which a `chmod` of what is called slow ends only when there is `go`."""
    world = make_world(tmp_path, sshd)
    programs = tmp_path / "bin"
    programs.mkdir()
    waits = f"while test ! -f {world.root}/go; do sleep 0.1; done"
    for name, text in (
        ("chmod", f'/bin/chmod "$@" || exit 1\ncase "$*" in */slow*) {waits};; esac'),
        ("slowsh", f'PATH={programs}:$PATH; export PATH\nexec /bin/sh "$@"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    inventory = yaml.safe_load(world.inventory.read_text())
    inventory["all"]["vars"]["ansible_shell_executable"] = str(programs / "slowsh")
    world.inventory.write_text(yaml.safe_dump(inventory, sort_keys=False))
    go(world)
    return world


def go(world: World) -> None:
    """What waits goes on."""
    (world.root / "go").touch()


def undo(world: World, *words: str) -> Done:
    """Take the first run back."""
    return remediate(world.folder, "undo", "1", *words)


def cut_off_in_its_undo(world: World, text: str, begun: Callable[[], object]) -> None:
    """A run whose undo is killed as soon as something has begun, which then comes to its end by itself."""
    assert run(world, text).code == 0
    (world.root / "go").unlink()
    killed_when(world, begun, "undo", "1")
    go(world)
    wait_until(lambda: not world.processes())


WAITS = "while test ! -f {{ root }}/go; do sleep 0.1; done"
COMMAND = f"""\
- hosts: one
  tasks:
    - {{name: first, copy: {{dest: "{{{{ home }}}}/first", content: x}}}}
    - name: command
      shell:
        cmd: "echo done >>{{{{ lines }}}}"
        undo: "echo undone >>{{{{ lines }}}}; {WAITS}; echo end >>{{{{ lines }}}}"
"""


@pytest.mark.parametrize("works", [True, False])
def test_a_command_of_a_cut_off_undo_is_collected_and_not_started_again(world: World, works: bool) -> None:
    """Whether it works still or has come to its end meanwhile; what came before it is then taken back."""
    assert run(world, COMMAND).code == 0
    (world.root / "go").unlink()
    killed_when(world, lambda: "undone" in world.lines("one"), "undo", "1")
    done = resumed(world)
    assert done.code == 1
    assert "run 2 takes back run 1 ('remediate undo 1' goes on with that)" in done.err
    before = logins(world.sshd)
    if works:
        with at_work(world, "undo", "1", "-l", "one") as process:
            wait_until(lambda: logins(world.sshd) > before, process)
            go(world)
            assert process.wait(60) == 0
    else:
        go(world)
        wait_until(lambda: not world.processes())
        done = undo(world)
        assert done.code == 0, done.out + done.err
    assert world.lines("one") == ["done", "undone", "end"]
    assert not (world.root / "one" / "first").exists()
    assert whole(world)
    assert "there is nothing of run 1 to take back here" in undo(world).err


def test_what_a_cut_off_undo_had_claimed_is_kept_for_the_next_one(world: World) -> None:
    """Nobody else removes it, and where it is gone the command is not started again."""
    cut_off_in_its_undo(world, COMMAND, lambda: "undone" in world.lines("one"))
    line = [sys.executable, "-m", "remediate", "doctor", "-i", world.inventory, *ONE, "--clean"]
    told = subprocess.run([*line, "--state-dir", world.state], capture_output=True, text=True, check=True)
    assert "'remediate undo 1' goes on with it" in told.stdout
    (spool,) = (world.root / "one" / "tmp").iterdir()
    shutil.rmtree(spool)
    done = undo(world)
    assert done.code == 2
    assert "NOT KNOWN whether it was done, and not done again" in done.out
    assert world.lines("one") == ["done", "undone", "end"]


SLOW = """\
- hosts: one
  undo_on_failure: true
  tasks:
    - {name: first, copy: {dest: "{{ home }}/first", content: x}}
    - {name: file, copy: {dest: "{{ home }}/slow", content: x, mode: "0644"}}
    - {name: mode, file: {path: "{{ home }}/slow", mode: "0600"}}
"""
FAILS = "    - {name: fails, shell: 'test ! -f {{ root }}/go || rm {{ root }}/go; exit 1'}\n"


def test_a_change_that_a_cut_off_undo_took_back_is_no_drift(world: World) -> None:
    """It counts as taken back, and what came before it is taken back as well; then nothing is left of it."""
    home = world.root / "one"
    cut_off_in_its_undo(world, SLOW, lambda: (home / "slow").stat().st_mode & 0o44)
    for words in (("--check",), ()):
        done = undo(world, *words)
        assert done.code == 0, done.out + done.err
    assert not (home / "first").exists()
    assert not (home / "slow").exists()
    assert whole(world)
    assert "there is nothing of run 1 to take back here" in undo(world).err


def test_somebody_else_s_change_is_not_taken_for_that_of_a_cut_off_undo(world: World) -> None:
    """What is neither as the run nor as the undo left it is refused, as ever."""
    home = world.root / "one"
    cut_off_in_its_undo(world, SLOW, lambda: (home / "slow").stat().st_mode & 0o44)
    (home / "slow").chmod(0o640)
    done = undo(world)
    assert (done.code, "is not as the run left it" in done.out) == (2, True), done.out
    assert (home / "first").exists()


def test_what_was_under_way_when_it_was_killed_is_taken_back_as_well(world: World) -> None:
    """A change that a later part of the run has found made is undone with the others."""
    slow = [world.root / host / "slow" for host in world.hosts]
    for each in slow:
        each.touch(mode=0o600)
    modes = lambda: [each.stat().st_mode & 0o777 for each in slow]  # noqa: E731
    (world.root / "go").unlink()
    text = "- hosts: all\n  tasks:\n    - file: {path: '{{ home }}/slow', mode: '0644'}\n"
    changed = lambda: modes() == [0o644] * 3  # noqa: E731
    killed_when(world, changed, "run", playbook(world, text), "-i", world.inventory)
    go(world)
    wait_until(lambda: not world.processes())
    assert resumed(world).code == 0
    assert changed()
    done = undo(world)
    assert done.code == 0, done.out + done.err
    assert modes() == [0o600] * 3


@pytest.mark.parametrize("word", ["resume", "undo"])
def test_what_was_taken_back_on_failure_is_gone_on_with(world: World, word: str) -> None:
    """By `resume`, and by `undo`: what was under way when the controller was killed is no drift."""
    home = world.root / "one"
    book = playbook(world, SLOW + FAILS)
    slow = home / "slow"
    killed_when(
        world,
        lambda: not (world.root / "go").exists() and slow.stat().st_mode & 0o44,
        *("run", book, "-i", world.inventory),
    )
    go(world)
    wait_until(lambda: not world.processes())
    done = resumed(world) if word == "resume" else undo(world)
    assert "is not as the run left it" not in done.out
    assert done.code == (2 if word == "resume" else 0), done.out + done.err
    assert not (home / "first").exists()
    assert not slow.exists()
    assert "there is nothing of run 1 to take back here" in undo(world).err


ON_FAILURE = COMMAND.replace("  tasks:", "  undo_on_failure: true\n  tasks:") + FAILS


def test_a_command_that_was_taken_back_on_failure_is_collected_by_resume(world: World) -> None:
    """Until then, `undo` refuses: it would start it again."""
    book = playbook(world, ON_FAILURE)
    killed_when(world, lambda: "undone" in world.lines("one"), "run", book, "-i", world.inventory)
    go(world)
    wait_until(lambda: not world.processes())
    done = undo(world)
    assert (done.code, "'remediate resume 1'" in done.err) == (1, True), done.out + done.err
    assert resumed(world).code == 2
    assert world.lines("one") == ["done", "undone", "end"]
    assert not (world.root / "one" / "first").exists()
    assert whole(world)


LOOP = f"""\
- hosts: one
  tasks:
    - {{name: first, copy: {{dest: "{{{{ home }}}}/first", content: x}}}}
    - name: loop
      shell:
        cmd: "echo done >>{{{{ lines }}}}; if test {{{{ item }}}} = 2; then {WAITS}; fi"
        undo: "echo undone >>{{{{ lines }}}}"
      loop: [1, 2, 3]
"""


@pytest.mark.parametrize("fails", [False, True])
def test_an_item_whose_end_a_resumed_run_has_collected_is_taken_back_once(world: World, fails: bool) -> None:
    """Also where the part that goes on fails, and takes back at once; items of the same words are several."""
    text = LOOP + ("    - {name: fails, fail: {msg: broken}}\n" if fails else "")
    book = playbook(world, text.replace("  tasks:", f"  undo_on_failure: {fails}\n  tasks:"))
    (world.root / "go").unlink()
    killed_when(world, lambda: len(world.lines("one")) == 2, "run", book, "-i", world.inventory)
    go(world)
    done = resumed(world)
    assert done.code == (2 if fails else 0), done.out + done.err
    if not fails:
        done = undo(world)
        assert done.code == 0, done.out + done.err
    assert world.lines("one") == ["done"] * 3 + ["undone"] * 3
    assert not (world.root / "one" / "first").exists()
    assert "there is nothing of run 1 to take back here" in undo(world).err
    assert whole(world)
