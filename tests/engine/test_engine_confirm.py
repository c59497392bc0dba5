"""`confirm`: a change is taken back by its host, unless a new connection gets in."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from stat import filemode
from typing import Any

import pytest
from runs import Hosts, Ran, TestHost, down, play, prepare_run

from remediate.facts.accounts import Account
from remediate.hosts import timer
from remediate.playbook.numbers import read_confirm

WRITE = """
- name: lock
  confirm: 10
  copy: {dest: "{{ root }}/rules", content: "deny all\\n"}
- name: next
  copy: {dest: "{{ root }}/next", content: x}
"""


@pytest.fixture
def time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Has the timer fire; before, it does not, however long a busy machine takes."""
    up, waits = tmp_path / "up", tmp_path / "waits"
    waits.write_text(f"#!/bin/sh\nuntil test -f {up}; do sleep 0.05; done\n")
    waits.chmod(0o755)

    def arm(scripts: Sequence[str], **how: Any) -> str:
        text = timer.arm(scripts, **{**how, "seconds": 54321})
        assert text.count("sleep 54321") == 1
        return text.replace("sleep 54321", str(waits))

    monkeypatch.setattr("remediate.engine.confirming.arm", arm)
    yield up.touch
    up.touch()


def perform(folder: Path, tasks: str, **settings: Any) -> Ran:
    """A run whose commands are claimed in a spool of its own."""
    inventory = f"all: {{hosts: {{one: {{ansible_remote_tmp: {folder}/spool}}}}}}\n"
    run, ran = prepare_run(folder, play(tasks), inventory=inventory, **settings)
    run.identity = "a1"
    ran.recap = run.perform()
    return ran


def eventually(holds: Callable[[], object]) -> bool:
    """Whether something holds within a minute."""
    until = time.monotonic() + 60
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return bool(holds())


def at_work(*words: str) -> bool:
    """Whether one of these words is among the arguments of some process."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            line = each.read_bytes()
            if any(word.encode() in line for word in words):
                return True
    return False


def test_a_new_connection_keeps_the_change(tmp_path: Path, root: Path) -> None:
    """The host is asked on a new connection after the change, and the timer has lost its claim to act."""
    (root / "rules").write_text("allow all\n")
    ran = perform(tmp_path, WRITE)
    assert ran.status("lock") == ran.status("next") == "changed"
    assert ran.hosts.made["one"].closed == 3
    assert (root / "rules").read_text() == "deny all\n"
    assert not list((tmp_path / "spool").rglob("*.confirm"))


def test_nothing_waits_on_the_host_for_what_was_confirmed(tmp_path: Path, root: Path) -> None:
    """The timer, and the program that it waits for, are ended when it is stopped."""
    seconds = 20_000 + os.getpid() % 60_000  # for which no other test waits
    ran = perform(tmp_path, WRITE.replace("confirm: 10", f"confirm: {seconds}"))
    assert ran.status("lock") == "changed"
    assert eventually(lambda: not at_work(f"sleep\0{seconds}", f"{tmp_path}/spool"))


def test_a_dry_run_says_so(tmp_path: Path, root: Path) -> None:
    """What would be taken back by its host is shown with it."""
    ran = perform(tmp_path, WRITE, dry_run=True)
    assert (
        ran.of("lock").message == "taken back by the host after 10 s, unless a new connection gets in before"
    )


def test_without_a_place_for_the_timer_nothing_is_done(tmp_path: Path, root: Path) -> None:
    """A run that claims nothing on hosts cannot be confirmed."""
    run, ran = prepare_run(tmp_path, play(WRITE))
    ran.recap = run.perform()
    assert ran.status("lock") == "failed"
    assert "no place on the host for the timer of 'confirm'" in ran.of("lock").message
    assert not (root / "rules").exists()


def test_a_host_that_lets_nobody_in_takes_the_change_back(
    tmp_path: Path, root: Path, time_is_up: Callable[[], None]
) -> None:
    """The host is unreachable for the run, nothing more is sent, and the old content comes back by itself."""
    (root / "rules").write_text("allow all\n")

    def locked(scripts: Sequence[str]) -> None:
        if (root / "rules").read_text() == "deny all\n" and any("fired" in each for each in scripts):
            down(scripts)

    ran = perform(tmp_path, WRITE, hosts=Hosts(one=TestHost("one", before=locked)))
    time_is_up()
    assert ran.status("lock") == "unreachable"
    assert "takes it back within 10 s" in ran.of("lock").message
    assert eventually(lambda: (root / "rules").read_text() == "allow all\n")
    assert not (root / "next").exists()


def test_what_fails_half_way_is_taken_back(
    tmp_path: Path, root: Path, time_is_up: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that fails after a part of its changes leaves the timer armed, beyond the end of the run."""
    monkeypatch.setattr(Account, "parse", lambda *_: True)  # as if somebody removed it just then
    (root / "rules").write_text("allow all\n")
    tasks = """
- name: lock
  confirm: 10
  copy: {dest: "{{ root }}/rules", content: "deny all\\n", owner: nobody-of-this-name}
"""
    ran = perform(tmp_path, tasks)
    assert ran.status("lock") == "failed"
    assert (root / "rules").read_text() == "deny all\n"
    time_is_up()
    assert eventually(lambda: (root / "rules").read_text() == "allow all\n")


def test_who_comes_too_late_is_told(tmp_path: Path, root: Path, time_is_up: Callable[[], None]) -> None:
    """A connection that gets in after the timer has fired fails the task: the change is not there."""
    (root / "rules").write_text("allow all\n")

    def slow(scripts: Sequence[str]) -> None:
        if (root / "rules").read_text() == "deny all\n" and any("fired" in each for each in scripts):
            time_is_up()
            assert eventually(lambda: (root / "rules").read_text() == "allow all\n")

    ran = perform(tmp_path, WRITE, hosts=Hosts(one=TestHost("one", before=slow)))
    assert ran.status("lock") == "failed"
    assert "the host has taken the change back" in ran.of("lock").message


@pytest.mark.parametrize("how", ["content", "mode"])
def test_the_timer_spares_what_somebody_else_has_changed(
    tmp_path: Path, root: Path, time_is_up: Callable[[], None], how: str
) -> None:
    """What takes a change back is guarded on the host, too: by all that guards it elsewhere."""
    (root / "rules").write_text("allow all\n")
    expected = "by hand\n" if how == "content" else "deny all\n"

    def locked(scripts: Sequence[str]) -> None:
        if (root / "rules").read_text() == "deny all\n" and any("fired" in each for each in scripts):
            if how == "content":
                (root / "rules").write_text(expected)
            else:
                (root / "rules").chmod(0o640)
            down(scripts)

    perform(tmp_path, WRITE, hosts=Hosts(one=TestHost("one", before=locked)))
    assert at_work(f"{tmp_path}/spool")
    time_is_up()
    assert eventually(lambda: not at_work(f"{tmp_path}/spool"))
    assert (root / "rules").read_text() == expected


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ('{path: "{{ root }}/rules", mode: "0600"}', "-rw------- rules"),
        ('{path: "{{ root }}/rules", group: "54321"}', "-rw-r----- rules 54321"),
        ('{path: "{{ root }}/made", state: directory, mode: "0710"}', "-rw-r----- rules\ndrwx--x--- made"),
        (
            '{path: "{{ root }}/made", state: directory, group: "54321"}',
            "-rw-r----- rules\ndrwxr-xr-x made 54321",
        ),
        ('{path: "{{ root }}/made", state: link, src: rules}', "-rw-r----- rules\nlrwxrwxrwx made"),
        ('{path: "{{ root }}/rules", state: absent}', ""),
    ],
)
@pytest.mark.root
def test_whatever_can_be_confirmed_is_done_and_can_be_taken_back(
    tmp_path: Path, root: Path, time_is_up: Callable[[], None], change: str, made: str
) -> None:
    """A change of a path is made, and is taken back where no new connection gets in soon enough."""
    (root / "rules").write_text("allow all\n")
    (root / "rules").chmod(0o640)
    tasks = f"- name: lock\n  confirm: 10\n  file: {change}\n"
    before = looks(root)

    def slow(scripts: Sequence[str]) -> None:
        if any("fired" in each for each in scripts) and (now := looks(root)) != before:
            assert now == made
            time_is_up()
            assert eventually(lambda: looks(root) == before)

    ran = perform(tmp_path, tasks, hosts=Hosts(one=TestHost("one", before=slow)))
    assert ran.status("lock") == "failed"
    assert "the host has taken the change back" in ran.of("lock").message
    assert looks(root) == before


def looks(folder: Path) -> str:
    """What is in a folder: mode and name of each, and its group where that is an odd one.

    A script may be at work in the folder meanwhile, so what has gone between two looks is left out.
    """
    found = []
    for path in sorted(folder.iterdir(), reverse=True):
        with suppress(FileNotFoundError):
            status = path.lstat()
            found.append(
                f"{filemode(status.st_mode)} {path.name}" + (" 54321" if status.st_gid == 54321 else "")
            )
    return "\n".join(found)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_no_script_takes_back_cannot_be_confirmed(tmp_path: Path, root: Path, dry_run: bool) -> None:
    """It fails before anything is done, in a dry run as in the apply, with the place of the keyword."""
    ran = perform(tmp_path, '- {name: t, confirm: 300, command: "touch {{ root }}/x"}', dry_run=dry_run)
    assert ran.status("t") == "failed"
    assert "playbook.yaml:4:" in ran.of("t").message
    assert "without 'undo'" in ran.of("t").message
    assert not (root / "x").exists()


def test_nothing_to_change_needs_no_timer(tmp_path: Path, root: Path) -> None:
    """Where all is as it should be, the connection is not opened anew."""
    (root / "rules").write_text("deny all\n")
    ran = perform(tmp_path, WRITE)
    assert ran.status("lock") == "ok"
    assert ran.hosts.made["one"].closed == 2


def test_its_time_is_bounded() -> None:
    """Neither shorter than a connection may take, nor longer than a day."""
    from remediate.errors import Place
    from remediate.playbook.findings import Findings
    from remediate.source import Node

    for value, expected in (
        (10, 10),
        (86_400, 86_400),
        (9, None),
        (86_401, None),
        (True, None),
        ("300", None),
    ):
        findings = Findings()
        assert read_confirm("confirm", Node(value, Place("f", 1, 1)), findings) == expected
        assert bool(findings.mistakes) == (expected is None)
