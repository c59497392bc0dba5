"""Locks of real hosts: after a run none is held, whatever the run has done there."""

import os
from pathlib import Path

from runs import Nobody, Notes, play
from sshd import Sshd

from remediate.engine.events import Warned
from remediate.engine.options import RunOptions
from remediate.engine.run import Run
from remediate.hosts.fleet import Fleet
from remediate.hosts.lock import lock_name
from remediate.inventory.load import load_inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook

HOSTS = tuple(f"host{number}" for number in range(50))


def test_fifty_hosts_are_free_after_a_run(tmp_path: Path) -> None:
    """After one that changes them, and after one that finds all as it should be."""
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(
        play(f"- lineinfile: {{path: '{tmp_path}/{{{{ inventory_hostname }}}}', line: x, create: true}}")
    )
    with Sshd(tmp_path / "sshd", options={"MaxStartups": "100"}) as server:
        inventory = tmp_path / "hosts.ini"
        values = [f"{name}={value}" for name, value in server.variables().items()]
        inventory.write_text("\n".join([*HOSTS, "[all:vars]", *values, ""]))
        for changed in (1, 0):
            fleet, warned = Fleet(ssh_config=os.devnull), list[str]()
            run = Run(
                plays=load_playbook(playbook, Catalog().names()),
                inventory=load_inventory([str(inventory)]),
                options=RunOptions(forks=8),
                hosts=fleet,
                journal=Notes(),
                operator=Nobody(),
                observers=[
                    lambda event: warned.append(event.message) if isinstance(event, Warned) else None  # noqa: B023
                ],
                identity=tmp_path.name,
            )
            recap = run.perform()
            fleet.close()
            assert {(each.ok, each.changed) for each in recap.hosts.values()} == {(1, changed)}
            assert warned == []
            held = [
                name
                for name in HOSTS
                for top in ("/var/tmp", "/tmp")
                if any(Path(top, ".remediate-locks").glob(f"{lock_name(name, server.port)}.*"))
            ]
            assert held == []
