"""Outputs that take nothing, and a monitoring system that waits no longer: one line, and an exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from remediate.store.history import open_history

OWN_PROCESS = """\
import sys
from runs import Hosts
from remediate.cli import running
from remediate.cli.main import main
running.Fleet = Hosts
sys.exit(main(sys.argv[1:]))
"""
PLAYBOOK = """\
- hosts: all
  tasks:
    - {name: write, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "red\\n"}}
"""
SLOW = """\
- hosts: all
  tasks:
    - {name: wait, command: {argv: [sh, -c, "echo > {{ root }}/begun; sleep 20"], read_only: true}}
"""
FULL = "the output cannot be written: No space left on device\n"
LOOK = "recheck p.yaml -i one, --state-dir kept"


def own(words: str, stdout: str, stderr: int | str = subprocess.PIPE) -> "subprocess.Popen[str]":
    """A command in a process of its own; this machine stands for its hosts."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    line = [sys.executable, "-c", OWN_PROCESS, *words.split()]
    with Path(stdout).open("w") as out, Path(os.devnull if stderr == -1 else str(stderr)).open("w") as err:
        return subprocess.Popen(
            line, stdout=out, stderr=subprocess.PIPE if stderr == -1 else err, env=environment, text=True
        )


@pytest.fixture
def root(folder: Path) -> Path:
    """A playbook that writes a file on its host."""
    (folder / "p.yaml").write_text(PLAYBOOK.replace("{{ root }}", str(folder / "root")))
    return folder / "root"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--help", 1, f"remediate: {FULL}"),
        ("inventory -i one, --list", 1, f"remediate: {FULL}"),
        ("run p.yaml -i one, -C", 1, f"remediate: {FULL}"),
        (LOOK, 1, f"remediate: {FULL}"),
        (f"{LOOK} --monitoring", 3, f"UNKNOWN - {FULL}"),
        (f"{LOOK} --monitoring -t nothing", 3, f"UNKNOWN - {FULL}"),
    ],
)
def test_a_full_stdout_is_told_in_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: int, said: str
) -> None:
    """On stderr, without a traceback, also at the program's end; with both full the exit code is the same."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    process = own(words, "/dev/full")
    assert (process.communicate(timeout=60)[1], process.returncode) == (said, code)
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    assert own(words, "/dev/full", "/dev/full").wait(60) == code


def test_an_apply_that_cannot_be_shown_is_in_the_history(root: Path) -> None:
    """What was changed is written down, and the run may be gone on with."""
    process = own("run p.yaml -i one, --state-dir kept", "/dev/full")
    assert (process.communicate(timeout=60)[1], process.returncode) == (f"remediate: {FULL}", 1)
    with open_history(Path("kept")) as history:
        kinds = [each.kind for each in history.records(1)]
    assert ("intent" in kinds) == (root / "one").exists()


@pytest.mark.parametrize("out", ["out", "/dev/full"])
def test_sigterm_is_answered(folder: Path, out: str) -> None:
    """A monitoring system that waits no longer has its line, and the state UNKNOWN; nothing is kept."""
    (folder / "p.yaml").write_text(SLOW.replace("{{ root }}", str(folder)))
    process = own(f"{LOOK} --monitoring", out, "err")
    while not Path("begun").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 3
    told = [path.read_text() for path in (Path("out"), Path("err")) if path.exists()]
    assert "".join(told) == "UNKNOWN - ended by SIGTERM before it had an answer\n"
