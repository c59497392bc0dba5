"""`remediate` as processes that tests begin, disturb and go on with, on hosts behind a real sshd."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands import Done, remediate
from sshd import Sshd

from chaos.world import World

_PATIENCE = 60.0


def wait_until(condition: Callable[[], object], process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Come back when it holds; it is a mistake if it never does, or the process ends before."""
    until = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        assert process is None or process.poll() is None, f"it ended before, with {process.returncode}"
        time.sleep(0.01)


def playbook(world: World, text: str) -> Path:
    """A playbook; in it `{{ home }}` is a host's own directory, and `{{ lines }}` a file there."""
    own = "  vars: {home: '{{ root }}/{{ inventory_hostname }}', lines: '{{ home }}/lines'}\n"
    file = world.folder / "playbook.yaml"
    file.write_text(text.replace("  tasks:\n", f"{own}  tasks:\n"))
    return file


def started(world: World, *words: str | Path, state: Path | None = None) -> "subprocess.Popen[bytes]":
    """A controller that is at work; see `said`."""
    state = state or world.state
    line = [sys.executable, "-m", "remediate", *map(str, words), "--state-dir", str(state)]
    with _saying(world, state).open("wb") as said:
        return subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )


def _saying(world: World, state: Path) -> Path:
    return world.folder / f"{state.name}.said"


def said(world: World, state: Path | None = None) -> str:
    """What the controller with this store has said so far."""
    return _saying(world, state or world.state).read_text(errors="replace")  # a letter may be half written


def logins(server: Sshd) -> int:
    """How many connections a server has let in."""
    return server.log.read_text(errors="replace").count("Accepted publickey")


@contextmanager
def at_work(
    world: World, *words: str | Path, state: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A controller that does not outlive the block."""
    process = started(world, *words, state=state)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def killed_when(world: World, condition: Callable[[], object], *words: str | Path) -> None:
    """Start a controller, and end it with SIGKILL as soon as something holds."""
    with at_work(world, *words) as process:
        wait_until(condition, process)
        os.killpg(process.pid, signal.SIGKILL)


def run(world: World, text: str) -> Done:
    """Carry out a playbook's text on all hosts."""
    return remediate(world.folder, "run", playbook(world, text), "-i", world.inventory)


def resumed(world: World, *words: str | Path) -> Done:
    """Go on with the last run."""
    return remediate(world.folder, "resume", *words)


def whole(world: World) -> bool:
    """Whether the history is as it was written, and nothing is left of any run but its history."""
    done = subprocess.run(
        [sys.executable, "-m", "remediate", "history", "--state-dir", str(world.state), "verify"],
        capture_output=True,
        check=False,
    )
    spools = [left for host in world.hosts for left in (world.root / host / "tmp").iterdir()]
    return done.returncode == 0 and not spools and not world.locks() and not world.processes()
