"""What `remediate inventory` shows: Ansible's own forms, without the secrets."""

import json
from pathlib import Path

import pytest

from remediate.errors import InventoryError
from remediate.inventory.load import load_inventory
from remediate.inventory.model import Inventory
from remediate.inventory.show import as_graph, as_host, as_list

TEXT = """
all:
  children:
    unix:
      children:
        aix: {hosts: {a1: {ansible_become_password: hidden1, since: 2014-02-14}}}
        empty:
      hosts: {u1: {licences: [{smd_activation_code: hidden2, product: SMD}], raw: !!binary aGk=}}
    again: {children: {aix: }}
  hosts: {lonely: }
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """A small fleet with an empty group, a group in two places and a host in none."""
    (tmp_path / "hosts.yml").write_text(TEXT)
    return load_inventory([str(tmp_path / "hosts.yml")])


def test_list(inventory: Inventory) -> None:
    """Empty groups and hosts without variables are left out, as `ansible-inventory --list` does."""
    assert as_list(inventory) == {
        "_meta": {
            "hostvars": {
                "a1": {"ansible_become_password": "********", "since": "2014-02-14"},
                "u1": {"licences": [{"smd_activation_code": "********", "product": "SMD"}], "raw": "hi"},
            }
        },
        "again": {"children": ["aix"]},
        "aix": {"hosts": ["a1"]},
        "all": {"children": ["ungrouped", "unix", "again"]},
        "ungrouped": {"hosts": ["lonely"]},
        "unix": {"children": ["aix", "empty"], "hosts": ["u1"]},
    }


def test_graph(inventory: Inventory) -> None:
    """The tree is that of `ansible-inventory --graph`: a group's children, then its own hosts."""
    assert as_graph(inventory).splitlines() == [
        "@all:",
        "  |--@ungrouped:",
        "  |  |--lonely",
        "  |--@unix:",
        "  |  |--@aix:",
        "  |  |  |--a1",
        "  |  |--@empty:",
        "  |  |--u1",
        "  |--@again:",
        "  |  |--@aix:",
        "  |  |  |--a1",
    ]


def test_host(inventory: Inventory) -> None:
    """One host's variables are shown as in the list; a host without any has none."""
    assert as_host(inventory, "u1") == as_list(inventory)["_meta"]["hostvars"]["u1"]
    assert as_host(inventory, "lonely") == {}


def test_no_secret_is_shown(inventory: Inventory) -> None:
    """Everything shown can be written as JSON, and no secret's value is in it."""
    shown = json.dumps([as_list(inventory), *(as_host(inventory, name) for name in inventory.hosts)])
    assert "hidden" not in shown


def test_an_unknown_host(inventory: Inventory) -> None:
    """A slip in a host's name is told with the name that was meant."""
    with pytest.raises(InventoryError, match=r"no host is called 'lonly' .did you mean 'lonely'"):
        as_host(inventory, "lonly")
