"""The example inventory at the repository's top."""

import re
from itertools import pairwise
from pathlib import Path

from remediate.inventory.load import load_inventory

EXAMPLE = Path(__file__).parents[2] / "inventory.example.yaml"
PLATFORMS = ("aix", "solaris", "linux", "zlinux")


def test_it_loads_and_every_host_has_one_part_and_one_platform() -> None:
    """Each server is a hub or a spoke, runs on one platform, and knows what the playbooks ask for."""
    inventory = load_inventory([str(EXAMPLE)])
    for host in inventory.hosts.values():
        (platform,) = set(host.groups) & set(PLATFORMS)
        assert len(set(host.groups) & {"hub", "spokes"}) == 1
        assert host.variables["smd_platform"] == platform
        assert host.variables["domino_data"].startswith("/")
        assert host.variables["ansible_become_user"] != host.variables["ansible_user"]
    assert all(inventory.groups[name] for name in (*PLATFORMS, "hub", "spokes"))


def test_it_invents_nothing() -> None:
    """What no source tells has no value, and names and addresses are those kept free for documents."""
    inventory = load_inventory([str(EXAMPLE)])
    directories = {host.variables.get("smd_install_dir") for host in inventory.hosts.values()}
    assert directories == {None, "/opt/trend/SMID"}
    assert not any("linux_minimum_build" in host.variables for host in inventory.hosts.values())
    assert all(name.endswith(".example.com") for name in inventory.hosts)
    assert all(host.variables["ansible_host"].startswith("192.0.2.") for host in inventory.hosts.values())


def test_a_copy_needs_no_file_that_a_newcomer_may_not_have() -> None:
    """Key and host keys are the user's own unless a line that is commented out is filled in."""
    inventory = load_inventory([str(EXAMPLE)])
    for name in ("ansible_ssh_private_key_file", "ssh_known_hosts"):
        assert not any(name in host.variables for host in inventory.hosts.values())
        assert f"    # {name}: " in EXAMPLE.read_text(encoding="utf-8")


def test_every_variable_is_explained() -> None:
    """The first mention of each variable stands below a comment."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    seen: set[str] = set()
    for before, line in pairwise(lines):
        match = re.match(r"\s+(?:# )?((?:ansible|ssh|domino|smd|linux)_\w+):", line)
        if match and match[1] not in seen:
            seen.add(match[1])
            assert before.strip().startswith("#"), line
    assert len(seen) >= 13
