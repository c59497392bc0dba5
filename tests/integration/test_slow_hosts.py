"""A fleet in which some hosts are dead or slow: the others do not wait for them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from dead_servers import full, silent
from runs import Nobody, Notes, play
from sshd import Sshd

from remediate.engine.events import Event, HostEnded
from remediate.engine.options import RunOptions
from remediate.engine.run import Run
from remediate.hosts.fleet import Fleet
from remediate.inventory.load import load_inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook

FORKS = 4
SLOW = tuple(f"slow{number}" for number in range(6))
SILENT = tuple(f"silent{number}" for number in range(3))
FULL = tuple(f"full{number}" for number in range(3))
HEALTHY = tuple(f"healthy{number}" for number in range(48))


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[tuple[Path, ExitStack]]:
    """An inventory in which the dead and the slow come first, and what keeps the dead as they are."""
    with Sshd(tmp_path / "sshd", options={"MaxStartups": "100"}) as server, ExitStack() as dead:
        ports = {
            **dict.fromkeys(SILENT, dead.enter_context(silent())),
            **dict.fromkeys(FULL, dead.enter_context(full())),
        }
        lines = [
            f"{name} ansible_port={ports.get(name, server.port)}"
            for name in (*SILENT, *FULL, *SLOW, *HEALTHY)
        ]
        common = {name: value for name, value in server.variables().items() if name != "ansible_port"}
        # Nobody is given up before all others are through, however long that takes.
        values = ["ansible_timeout=300", *(f"{name}={value}" for name, value in common.items())]
        path = tmp_path / "hosts.ini"
        path.write_text("\n".join([*lines, "[all:vars]", *values, ""]))
        yield path, dead


def test_healthy_hosts_do_not_wait_for_others(inventory: tuple[Path, ExitStack], tmp_path: Path) -> None:
    """Of twelve hosts that are dead or slow and come first, with four forks, none ends before all others."""
    path, dead = inventory
    go_on = tmp_path / "go-on"
    playbook = tmp_path / "playbook.yaml"
    slow = f"while test ! -f {go_on}; do sleep 0.1; done"
    playbook.write_text(
        play(f"- shell: {slow}\n  when: inventory_hostname is match('slow')\n- shell: echo well")
    )
    ended: dict[str, str] = {}

    def watch(event: Event) -> None:
        if isinstance(event, HostEnded):
            ended[event.host] = event.outcome
            if len(ended) == len(HEALTHY):  # let the others go
                go_on.touch()
                dead.close()

    fleet = Fleet(ssh_config=os.devnull, pause=0.01)
    run = Run(
        plays=load_playbook(playbook, Catalog().names()),
        inventory=load_inventory([str(path)]),
        options=RunOptions(forks=FORKS),
        hosts=fleet,
        journal=Notes(),
        operator=Nobody(),
        observers=[watch],
    )
    run.perform()
    fleet.close()
    assert {name: ended[name] for name in list(ended)[: len(HEALTHY)]} == dict.fromkeys(HEALTHY, "done")
    assert {ended[name] for name in SLOW} == {"done"}
    assert {ended[name] for name in (*SILENT, *FULL)} == {"unreachable"}
