"""Outputs that take nothing, and a monitoring system that waits no longer: one line, and an exit code."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remediate.store.history import open_history

OWN_PROCESS = """\
import sys
from pathlib import Path
from own_hosts import OwnHosts
from remediate.cli import reaching, running
from remediate.cli.main import main
running.Fleet = reaching.Fleet = lambda: OwnHosts(Path('tmp').resolve())
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
    - {name: wait, command: {argv: [sh, -c, "echo > {{ root }}/begun; sleep 300"], read_only: true}}
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


@contextmanager
def unread() -> Iterator[int]:
    """A pipe whose reader goes away before anything can be read."""
    reading, writing = os.pipe()
    try:
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


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


@pytest.mark.parametrize("colour", ["", "1"])
@pytest.mark.parametrize(("out", "why"), [("/dev/full", "No space left on device"), ("|", "Broken pipe")])
def test_an_apply_goes_on_without_its_output(
    root: Path, monkeypatch: pytest.MonkeyPatch, out: str, why: str, colour: str
) -> None:
    """It comes to its end, and the exit code is its own; once it is said who has what nobody saw."""
    monkeypatch.setenv("FORCE_COLOR", colour)
    with unread() as pipe:
        process = own("run p.yaml -i one, --state-dir kept -v", f"/dev/fd/{pipe}" if out == "|" else out)
    said = process.communicate(timeout=60)[1]
    goes_on = "the run goes on, and 'remediate history show 1' has it"
    assert said == f"warning: the output cannot be written any more: {why}; {goes_on}\n"
    assert process.returncode == 0
    assert (root / "one").read_text() == "red\n"
    with open_history(Path("kept")) as history:
        assert history.run(1).ended is not None
    assert own("run p.yaml -i one, --state-dir kept", "/dev/full", "/dev/full").wait(60) == 0


def test_an_apply_goes_on_without_its_events(root: Path) -> None:
    """A disk that fills up under `--events` ends no change half-way."""
    process = own("run p.yaml -i one, --state-dir kept --events /dev/full", "out")
    said = process.communicate(timeout=60)[1]
    assert said.startswith("warning: --events /dev/full: No space left on device; the run goes on")
    assert (said.count("\n"), process.returncode) == (1, 0)
    assert (root / "one").exists()
    assert "1 changed, 0 failed" in Path("out").read_text()


@pytest.mark.parametrize("out", ["/dev/full", "|"])
def test_a_plan_is_made_without_its_output(root: Path, out: str) -> None:
    """The plan is a file; that nobody sees the dry run takes nothing from it."""
    with unread() as pipe:
        process = own("plan p.yaml -i one, -o a.plan", f"/dev/fd/{pipe}" if out == "|" else out)
    assert "the plan is made all the same\n" in process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert own("show a.plan", "out").wait(60) == 0


@pytest.mark.parametrize("colour", ["", "1"])
@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "inventory -i one, --list",
        "run p.yaml -i one, -C",
        "lint p.yaml",
        "ping -i one,",
        "show a.plan",
    ],
)
def test_what_only_prints_ends_quietly_with_its_reader(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: str, colour: str
) -> None:
    """As `remediate ... | head` wants it: no word, and the status of a program that a closed pipe ends."""
    assert own("plan p.yaml -i one, -o a.plan", "out").wait(60) == 0
    monkeypatch.setenv("FORCE_COLOR", colour)
    with unread() as pipe:
        process = own(words, f"/dev/fd/{pipe}")
    assert (process.communicate(timeout=60)[1], process.returncode) == ("", 141)


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
