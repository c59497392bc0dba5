"""Ctrl-C over real SSH, whatever is under way: an end in time, its exit code, and nothing left behind."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from controllers import at_work, playbook, said, wait_until
from sshd import Sshd

from chaos.world import World, make_world

DEADLINE = 12
TEXT = f"""\
- hosts: all
  tasks:
    - name: look
      shell:
        cmd: "echo looked >>{{{{ lines }}}}; while test -f {{{{ root }}}}/slow; do sleep 0.1; done"
        read_only: true
        timeout: {DEADLINE}
    - name: change
      shell:
        cmd: "echo changed >>{{{{ lines }}}}; while test -f {{{{ root }}}}/stuck; do sleep 0.1; done"
        timeout: {DEADLINE}
    - shell: "echo after >>{{{{ lines }}}}"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three new hosts behind a server of their own."""
    with Sshd(tmp_path / "sshd") as server:
        yield make_world(tmp_path, server)


CASES = {
    "plan": ("plan", "slow", "looked"),
    "dry run": ("run --check", "slow", "looked"),
    "change": ("run", "stuck", "changed"),
    "comparison": ("apply", "slow", "looked"),
    "planned change": ("apply", "stuck", "changed"),
}
"""The command, what keeps it from going on, and what it has done on each host when it is interrupted."""


@pytest.mark.parametrize("name", CASES)
def test_what_is_interrupted_ends_in_time(world: World, name: str) -> None:
    """It waits for no more than the deadline of what is under way, and begins nothing else."""
    command, obstacle, line = CASES[name]
    plan = world.folder / "a.plan"
    about = (playbook(world, TEXT), "-i", world.inventory)
    words = {
        "plan": ("plan", *about, "-o", plan),
        "run --check": ("run", "--check", *about),
        "run": ("run", *about),
        "apply": ("apply", plan),
    }
    if command == "apply":
        with at_work(world, *words["plan"]) as process:
            assert process.wait(60) == 0, said(world)
    for host in world.hosts:
        (world.root / host / "lines").unlink(missing_ok=True)
    (world.root / obstacle).touch()
    with at_work(world, *words[command]) as process:
        wait_until(lambda: all(line in world.lines(host) for host in world.hosts), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE + 60) == 130, said(world)
    assert "Traceback" not in said(world)
    assert plan.exists() == (command == "apply")
    assert not any("after" in world.lines(host) for host in world.hosts)
    assert not world.locks()
    assert not world.processes()
