"""`undo_on_failure`: what a play has done on a host where it fails is taken back at once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from runs import Hosts, Ran, TestHost, play

from remediate.facts.base import Output
from remediate.hosts.target import Become

Runner = Callable[..., Ran]
MORE = "  undo_on_failure: true\n"
TASKS = """
- {name: line, lineinfile: {path: "{{ root }}/f", line: b}}
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: nope, command: "false", when: fails}
"""


def test_a_failed_host_is_as_it_was(run: Runner, root: Path) -> None:
    """The changes go in reverse, each as a task of its own in what is told; the host has still failed."""
    (root / "f").write_text("a")
    ran = run(play(TASKS, more=MORE), extra={"fails": True})
    assert (root / "f").read_text() == "a"
    assert not (root / "d").exists()
    assert ran.names()[3:] == ["take back: made", "take back: line"]
    assert ran.outcomes() == {"one": "failed"}


def test_without_a_failure_nothing_is_taken_back(run: Runner, root: Path) -> None:
    """A play that goes well keeps what it did."""
    (root / "f").write_text("a")
    ran = run(play(TASKS, more=MORE), extra={"fails": False})
    assert (root / "d").is_dir()
    assert ran.outcomes() == {"one": "done"}


def test_a_rescued_failure_is_none(run: Runner, root: Path) -> None:
    """What a rescue has mended keeps the host in the play."""
    tasks = """
- block:
    - {name: made, file: {path: "{{ root }}/d", state: directory}}
    - {name: nope, command: "false"}
  rescue:
    - {name: mend, file: {path: "{{ root }}/e", state: directory}}
"""
    ran = run(play(tasks, more=MORE))
    assert (root / "d").is_dir()
    assert (root / "e").is_dir()
    assert ran.outcomes() == {"one": "done"}


def test_only_the_failing_play_is_taken_back(run: Runner, root: Path) -> None:
    """An earlier play of the same run has come to its end, and stays."""
    (root / "f").write_text("a")
    first = play('- {name: early, file: {path: "{{ root }}/early", state: directory}}')
    run(first + play(TASKS, more=MORE), extra={"fails": True})
    assert (root / "early").is_dir()
    assert not (root / "d").exists()


def test_a_change_that_was_touched_since_stays(run: Runner, root: Path) -> None:
    """What is not as the play left it is not taken back, nor what came before it; the difference is told."""
    (root / "f").write_text("a\n")
    tasks = """
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: line, lineinfile: {path: "{{ root }}/f", line: b}}
- {name: nope, shell: 'echo c >> "{{ root }}/f"; exit 1'}
"""
    ran = run(play(tasks, more=MORE))
    assert (root / "f").read_text() == "a\nb\nc\n"
    assert (root / "d").is_dir()
    assert ran.status("take back: line") == "failed"
    assert "+c" in ran.of("take back: line").message


DRIFTS = {
    "mode": ("file: {path: F, mode: '0640'}", "chmod 600 F", ("-mode: 0640", "+mode: 0600")),
    "mode of a file that is gone": (
        "file: {path: F, mode: '0640'}",
        "rm F",
        ("-mode: 0640", "+it is not there"),
    ),
    "owner": ("file: {path: F, owner: daemon}", "chown bin F", ("-owner: daemon", "+owner: bin (")),
    "owner of a file that is gone": (
        "file: {path: F, owner: daemon}",
        "rm F",
        ("-owner: daemon", "+it is not there"),
    ),
    "new directory": ("file: {path: N, state: directory}", "chmod 700 N", ("-mode: 0755", "+mode: 0700")),
    "new directory that is a file": (
        "file: {path: N, state: directory}",
        "rmdir N; echo > N; chmod 755 N",
        ("-kind: directory", "+kind: file"),
    ),
    "new file": ("copy: {dest: N, content: x}", "chmod 4755 N", ("-mode: 0644", "+mode: 4755")),
    "link elsewhere": (
        "file: {path: N, state: link, src: F}",
        "ln -sfn /elsewhere N",
        ("-target: ", "+target: /elsewhere"),
    ),
    "link that is a directory": (
        "file: {path: N, state: link, src: F}",
        "rm N; mkdir N",
        ("-kind: link", "+kind: directory"),
    ),
}


@pytest.mark.root
@pytest.mark.parametrize(("task", "drift", "shown"), DRIFTS.values(), ids=DRIFTS)
def test_of_what_a_change_decided_each_difference_is_told(
    task: str, drift: str, shown: Sequence[str], run: Runner, root: Path
) -> None:
    """What a change did decide is held to: it and what came before it stay, with a diff."""
    (root / "f").write_text("x")

    def here(text: str) -> str:
        return text.replace("F", str(root / "f")).replace("N", str(root / "n"))

    tasks = f"""
- {{name: made, file: {{path: "{{{{ root }}}}/d", state: directory}}}}
- {{name: partly, {here(task)}}}
- {{name: nope, shell: "{here(drift)}; exit 1"}}
"""
    ran = run(play(tasks, more=MORE))
    refused = ran.of("take back: partly")
    assert refused.status == "failed"
    assert "is not as the run left it:\n" in refused.message
    differs = [
        line for line in refused.message.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    for line in shown:
        assert any(each.startswith(line) for each in differs), refused.message
    assert "unknown" not in refused.message
    assert (root / "d").is_dir()
    assert "take back: made" not in ran.names()


class Becoming(TestHost):
    """A host that notes as whom it is asked, and becomes nobody."""

    def __init__(self) -> None:
        super().__init__("one")
        self.asked: list[tuple[str, str]] = []

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        self.asked += [(become.user if become else "", script) for script in scripts]
        return super().ask(scripts, deadline=deadline)


def test_it_is_taken_back_as_whom_it_was_made(run: Runner, root: Path) -> None:
    """Whatever user the failing task is."""
    tasks = """
- {name: made, file: {path: "{{ root }}/d", state: directory}, become: true, become_user: daemon}
- {name: nope, command: "false"}
"""
    host = Becoming()
    run(play(tasks, more=MORE), hosts=Hosts(one=host))
    assert not (root / "d").exists()
    assert [user for user, script in host.asked if "rmdir" in script] == ["daemon"]


def test_what_lies_under_a_change_that_stays_keeps_nothing_else(run: Runner, root: Path) -> None:
    """A file below a directory that is gone with all in it is not taken back; all others are."""
    tasks = """
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: gone, file: {path: "{{ root }}/g", state: directory}}
- {name: below, copy: {dest: "{{ root }}/g/f", content: x}}
- {name: stays, file: {path: "{{ root }}/g", state: absent}}
- {name: nope, command: "false"}
"""
    ran = run(play(tasks, more=MORE))
    assert not (root / "d").exists()
    assert "it lies under a change that stays: remove " in ran.of("take back: below").message
    assert ran.status("take back: made") == "changed"


def test_a_command_that_failed_is_not_taken_back(run: Runner, root: Path) -> None:
    """Nobody knows whether it did anything: that is told; what was done before it is taken back."""
    tasks = """
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: begun, shell: {cmd: 'echo begun >> "{{ root }}/log"', undo: 'echo undone >> "{{ root }}/log"'}}
- {name: nope, shell: {cmd: "exit {{ status }}", undo: 'echo wrong >> "{{ root }}/log"'}, failed_when: true}
"""
    for status in (0, 3):
        ran = run(play(tasks, more=MORE), extra={"status": status})
        assert not (root / "d").exists()
        assert (root / "log").read_text() == "begun\nundone\n"
        assert "its task failed over it, so it is not known" in ran.of("take back: nope").message
        (root / "log").unlink()


def test_a_failure_that_is_none_is_taken_back(run: Runner, root: Path) -> None:
    """What its task takes for a success has been done, whatever its exit status."""
    tasks = """
- name: warns
  shell: {cmd: "exit 3", undo: 'touch "{{ root }}/undone"'}
  failed_when: false
- {name: nope, command: "false"}
"""
    run(play(tasks, more=MORE))
    assert (root / "undone").exists()


def test_a_dry_run_takes_nothing_back(run: Runner, root: Path) -> None:
    """Nothing was done."""
    ran = run(play(TASKS, more=MORE), extra={"fails": True}, dry_run=True)
    assert not any(name.startswith("take back") for name in ran.names())
