"""A fleet of which a tenth is dead or slow: how long it takes, and how long such hosts take by themselves."""

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dead_servers import full, silent

from bench.fleet import BenchFleet, fleet
from bench.measure import measured
from bench.peers import REMEDIATE

TIMEOUT, SECONDS = 5, 15
"""Seconds for one attempt to connect (`-T`), and for which a slow command runs."""
_EVERY = 20
_UNREACHABLE = 4
_TASK = f"""
    - name: What takes its time
      command: sleep {SECONDS}
      when: slow is defined
"""


@dataclass(frozen=True, kw_only=True)
class SlowFleet:
    """What a run took, in seconds, on a fleet of which so many hosts were dead and so many slow."""

    hosts: int
    dead: int
    slow: int
    wall: float
    healthy: float
    """On the healthy hosts alone."""
    own: float
    """On one dead and one slow host alone: what the slowest host takes by itself."""


def slow_fleet(size: int) -> SlowFleet:
    """Of each twenty hosts one is dead, in either of two ways, and one is slow."""
    with tempfile.TemporaryDirectory(prefix="bench") as name, ExitStack() as stack:
        folder = Path(name)
        hosts = stack.enter_context(fleet(folder, size))
        dead, slow = _prepare(folder, hosts, stack)
        hosts.renew(REMEDIATE.name)
        walls = {}
        for run, limit in (
            ("healthy", ",".join(["all", *(f"!{each}" for each in (*dead, *slow))])),
            ("own", f"{dead[0]},{slow[0]}"),
            ("all", "all"),
        ):
            command = [*REMEDIATE.command(folder, hosts, "again"), "-l", limit, "-T", str(TIMEOUT)]
            cost = measured(
                command,
                cwd=folder,
                environment={},
                log=folder / "log",
                expected=0 if run == "healthy" else _UNREACHABLE,
            )
            walls[run] = round(cost.wall, 2)
    return SlowFleet(
        hosts=size,
        dead=len(dead),
        slow=len(slow),
        wall=walls["all"],
        healthy=walls["healthy"],
        own=walls["own"],
    )


def _prepare(folder: Path, hosts: BenchFleet, stack: ExitStack) -> tuple[list[str], list[str]]:
    """The work with one task more, and an inventory in which some hosts are dead and some are slow."""
    REMEDIATE.prepare(folder, hosts)
    with (folder / "playbook.yaml").open("a") as playbook:
        playbook.write(_TASK)
    path = folder / "inventory.yaml"
    inventory = json.loads(path.read_text())
    known = inventory["all"]["hosts"]
    names = list(known)
    ports = [stack.enter_context(kind()) for kind in (silent, full)]
    dead, slow = names[_EVERY // 2 :: _EVERY], names[_EVERY - 1 :: _EVERY]
    for number, name in enumerate(dead):
        known[name] |= {"ansible_port": ports[number % 2], "ansible_host": "127.0.0.1"}
    for name in slow:
        known[name]["slow"] = True
    path.write_text(json.dumps(inventory))
    return dead, slow
