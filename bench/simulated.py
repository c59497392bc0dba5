"""Fleets of thousands without SSH: what the tool itself takes for each further host.

A host is answered for by what a real shell answered once to the same questions of the same work. All else is
as in every run: templates, decisions, journal, history, what is printed.
"""

import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fleet import BenchFleet, bench_hosts
from bench.measure import measured
from bench.peers import FORKS, REMEDIATE
from remediate.cli import running
from remediate.cli.main import main as remediate
from remediate.facts.base import Output
from remediate.hosts.host import Host
from remediate.hosts.target import Become, Target

Answers = list[list[Output]]
"""What a host answered, round trip by round trip."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a converged run on so many simulated hosts took."""

    hosts: int
    wall: float
    cpu: float
    memory: int


def simulated(sizes: Sequence[int]) -> Iterator[Simulation]:
    """The same work on fleets of these sizes, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        answers = Path(name) / "answers"
        _in_child(_record, Path(name), answers)
        for size in sizes:
            own = Path(name) / str(size)
            own.mkdir()
            _prepare(own, _fleet(Path(name), size))
            command = [sys.executable, str(Path(__file__).with_name("answering.py")), str(answers)]
            words = ["run", "playbook.yaml", "-i", "inventory.yaml", "-f", FORKS, "--state-dir", str(own)]
            cost = measured([*command, *words], cwd=own, environment={}, log=own / "log")
            yield Simulation(hosts=size, wall=round(cost.wall, 3), cpu=round(cost.cpu, 3), memory=cost.memory)


def _prepare(folder: Path, fleet: BenchFleet) -> None:
    """The work, but for a file's content that would have another checksum on each host."""
    REMEDIATE.prepare(folder, fleet)
    template = folder / "templates" / "motd.j2"
    template.write_text(
        template.read_text().replace("{{ inventory_hostname }}", "{{ inventory_hostname | length }}")
    )


def _fleet(folder: Path, size: int) -> BenchFleet:
    nothing = Path(os.devnull)
    return BenchFleet(
        folder=folder, hosts=bench_hosts(size), port=22, key=folder / "key", known_hosts=nothing
    )


def _record(folder: Path, answers: Path) -> None:
    """Do the work on one host by a real shell, and keep what it answers when it is done again."""
    from local_host import LocalHost  # noqa: PLC0415 - the tests are not on the path of the measured process

    heard: Answers = []

    class Recorded(LocalHost):
        def ask(
            self, scripts: Sequence[str], *, become: Become | None = None, deadline: float
        ) -> list[Output]:
            heard.append(super().ask(scripts, become=become, deadline=deadline))
            return heard[-1]

        def close(self) -> None:
            """Nothing is open."""

    class Recording:
        def host(self, target: Target) -> Host:
            return Recorded(name=target.name)

    fleet = _fleet(folder, 1)
    (folder / "key").touch()
    own = folder / "recorded"
    own.mkdir()
    _prepare(own, fleet)
    fleet.renew(REMEDIATE.name)
    os.chdir(own)
    setattr(running, "Fleet", Recording)  # noqa: B010 - it is no name that others are to import
    for _ in range(2):
        heard.clear()
        if remediate(["run", "playbook.yaml", "-i", "inventory.yaml", "--state-dir", str(own)]) != 0:
            raise RuntimeError("the work failed on the host whose answers are to be kept")
    answers.write_bytes(pickle.dumps((fleet.hosts[0].name, heard)))


def _in_child(work: object, *arguments: Path) -> None:
    """Call a function of this file in a process of its own, silently."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            work(*arguments)  # type: ignore[operator]
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError("the answers of a host could not be recorded")
