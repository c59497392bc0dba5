"""Plays in several folders: each sees the variables beside itself, and a host is reached in one way."""

from pathlib import Path

import pytest

from remediate.cli.preparing import secrets_of
from remediate.errors import Mistakes
from remediate.inventory.model import Inventory
from remediate.inventory.views import inventory_for

TOP, SUB = Path(), Path("sub")
FILES = {
    "inv/hosts": "h1 own=1\nh2\n",
    "inv/group_vars/all.yml": "v: inventory\nw: inventory\n",
    "group_vars/all.yml": "v: top\nsmtp_password: top-secret\n",
    "sub/group_vars/all.yml": "v: sub\nsmtp_password: sub-secret\n",
    "sub/host_vars/h1.yml": "x: sub\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with all files."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(inventory: Inventory, folder: Path, host: str) -> list[object]:
    """What plays in a folder see of three variables."""
    variables = inventory.seen_from(folder).hosts[host].variables
    return [variables.get(name) for name in ("v", "w", "x")]


def test_each_play_sees_the_variables_beside_itself(home: Path) -> None:
    """And those beside the inventory, but none that lie beside another playbook of the same run."""
    inventory = inventory_for(["inv/hosts"], [TOP, SUB])
    assert seen(inventory, home, "h1") == ["top", "inventory", None]
    assert seen(inventory, home / "sub", "h1") == ["sub", "inventory", "sub"]
    assert seen(inventory, home / "sub", "h2") == ["sub", "inventory", None]


def test_the_secrets_of_every_folder_are_known(home: Path) -> None:
    """What is seen from one folder alone must be masked as well."""
    found = secrets_of(inventory_for(["inv/hosts"], [TOP, SUB]), (), {})
    assert {("smtp_password", "top-secret"), ("smtp_password", "sub-secret")} == set(found)


@pytest.mark.parametrize(("folder", "v"), [(TOP, "top"), (SUB, "sub"), (Path("inv"), "inventory")])
def test_one_folder_is_seen_as_it_is(home: Path, folder: Path, v: str) -> None:
    """Nothing is read twice where all plays lie in one folder."""
    inventory = inventory_for(["inv/hosts"], [folder])
    assert inventory.views == {}
    assert seen(inventory, folder.absolute(), "h2")[0] == v


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("sub/host_vars/h1.yml", "x: 1\nansible_user: other\n", "sub/host_vars/h1.yml:2:1"),
        ("group_vars/all.yml", "ansible_become: true\n", "group_vars/all.yml:1:1"),
    ],
)
def test_a_host_is_reached_in_one_way(home: Path, file: str, text: str, place: str) -> None:
    """What says otherwise for some of the plays is refused with its place; the same for all is none."""
    (home / file).write_text(text)
    with pytest.raises(Mistakes) as caught:
        inventory_for(["inv/hosts"], [TOP, SUB])
    assert str(caught.value.mistakes[0]).startswith(f"{place}: host h1: ansible_")
    assert "is not the same for the plays in" in str(caught.value)
    (home / "group_vars/all.yml").write_text("ansible_user: same\n")
    (home / "sub/group_vars/all.yml").write_text("ansible_user: same\n")
    (home / "sub/host_vars/h1.yml").write_text("x: 1\n")
    assert inventory_for(["inv/hosts"], [TOP, SUB]).views
