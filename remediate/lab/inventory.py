"""The inventory of a lab: all variables that a playbook needs, as an administrator would write them."""

from collections.abc import Mapping
from typing import Any

import yaml

from remediate.lab import articlevars
from remediate.lab.draw import FLAVOURS, LINUX_MINIMUM_BUILD, LabServer
from remediate.lab.paths import LabPaths
from remediate.lab.state import LabPlan

_HEAD = f"""\
# A simulated fleet; `remediate lab up` writes this file anew each time.
# linux_minimum_build: {LINUX_MINIMUM_BUILD} is a value of this lab. The vendor's article names
# "Patch 1.1 for SP2" without its build number; look it up for your own servers.
"""


def write_inventory(lab: LabPaths, plan: LabPlan) -> None:
    """Write `inventory.yaml`: one group a platform, with its variables."""
    everywhere: dict[str, Any] = {
        "ansible_host": "127.0.0.1",
        "ansible_user": plan.user,
        "ansible_ssh_private_key_file": str(lab.private_key),
        "ssh_known_hosts": str(lab.known_hosts),
        # Seconds: the lab's servers answer in less than one, so nobody need wait the playbook's 120.
        "license_timeout": 10,
        "license_retry_delay": 1,
    }
    head = _HEAD
    if plan.story == "articles":
        everywhere |= articlevars.everywhere(lab)
        head += "#\n" + articlevars.HEAD
    groups: dict[str, Any] = {}
    for platform in FLAVOURS:
        servers = [server for server in plan.servers if server.platform == platform]
        if servers:
            groups[platform] = {
                "vars": _group_variables(platform),
                "hosts": {server.name: _host_variables(lab, server) for server in servers},
            }
    groups |= articlevars.role_groups(plan.servers)
    inventory = {"all": {"vars": everywhere, "children": groups}}
    text = yaml.safe_dump(inventory, sort_keys=False, allow_unicode=True, width=1000)
    lab.inventory.write_text(head + text, encoding="utf-8")


def _group_variables(platform: str) -> Mapping[str, Any]:
    variables: dict[str, Any] = {"smd_platform": platform}
    if platform in {"linux", "zlinux"}:
        variables["linux_minimum_build"] = LINUX_MINIMUM_BUILD
    return variables


def _host_variables(lab: LabPaths, server: LabServer) -> Mapping[str, Any]:
    paths = lab.of(server)
    return {
        "ansible_port": server.port,
        "domino_program": str(paths.program),
        "domino_data": str(paths.data),
        "smd_install_dir": str(paths.smd_install),
        **articlevars.of_host(lab, server),
    }
