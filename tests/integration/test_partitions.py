"""Several hosts of an inventory on one machine, as one user: what is sent to each is done for each."""

from pathlib import Path

import yaml
from commands import remediate

from remediate.lab import lab_down, lab_up

PLAYBOOK = """
- name: partitions
  hosts: all
  tasks:
    - name: each says who it is
      shell: sleep 1; echo {{ inventory_hostname }} >>{{ domino_data }}/{{ inventory_hostname }}
"""
NAMES = ("hub", "spoke", "third")


def test_a_command_runs_for_each_partition_of_a_machine(tmp_path: Path) -> None:
    """The same task of a run on one machine is another one for each host of the inventory."""
    fleet = lab_up(tmp_path / "lab", hosts=1, seed=3)
    try:
        inventory = yaml.safe_load(fleet.paths.inventory.read_text())
        (group,) = inventory["all"]["children"].values()
        (server,) = group["hosts"].values()
        group["hosts"] = dict.fromkeys(NAMES, server)
        (tmp_path / "partitions.yaml").write_text(yaml.safe_dump(inventory))
        (tmp_path / "say.yaml").write_text(PLAYBOOK)
        done = remediate(tmp_path, "run", tmp_path / "say.yaml", "-i", tmp_path / "partitions.yaml")
        assert done.statuses("changed") == {(name, "each says who it is") for name in NAMES}
        data = fleet.paths.of(fleet.servers[0]).data
        assert {name: (data / name).read_text() for name in NAMES} == {name: f"{name}\n" for name in NAMES}
    finally:
        lab_down(fleet.paths.directory)
