"""The playbooks that come along: each is whole, explained, and has an example that works."""

import re
from pathlib import Path

import pytest
from shipped import FOLDER, PLAYBOOKS, README, demanded_by, explained_in, header_of, plays_of, taken_by

from remediate.cli.main import main
from remediate.inventory.load import load_inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.lint import lint
from remediate.templating.templar import Templar

TASKS = sorted((FOLDER / "tasks").glob("*.yaml"))
INVENTORIES = sorted((FOLDER / "inventories").glob("*.yaml"))

each_playbook = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
each_file = pytest.mark.parametrize("file", [*PLAYBOOKS, *TASKS, *INVENTORIES], ids=lambda path: path.stem)
each_inventory = pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.stem)


def test_there_is_one_example_for_each_playbook() -> None:
    """No playbook is without an example inventory, and no example without its playbook."""
    assert PLAYBOOKS != []
    assert [file.name for file in INVENTORIES] == [file.name for file in PLAYBOOKS]


def test_lint_finds_nothing() -> None:
    """No playbook, and no list of tasks that one imports, has a mistake that lint can tell."""
    assert lint(PLAYBOOKS, modules=Catalog(), templar=Templar()) == []


@each_file
def test_a_file_says_what_it_is_for(file: Path) -> None:
    """Whoever opens a file reads first what it is for."""
    assert header_of(file)


@each_file
def test_nothing_of_the_lab_is_in_it(file: Path) -> None:
    """What only the simulated servers say is relied on nowhere."""
    assert "LAB" not in file.read_text(encoding="utf-8")


@each_playbook
def test_every_variable_is_explained_at_the_top(playbook: Path) -> None:
    """Whatever a playbook takes, and the tasks that it imports, stands in its own header."""
    header = header_of(playbook)
    assert [name for name in sorted(taken_by(playbook)) if not re.search(rf"\b{name}\b", header)] == []


@each_playbook
def test_what_is_refused_without_it_is_called_required(playbook: Path) -> None:
    """An entry, or its heading, says so; for site.yaml what is missing but leaves a remedy out."""
    required = [names for names, text in explained_in(playbook) if "equired" in text]
    if playbook.stem != "site":
        demanded = demanded_by(playbook)
        assert [name for name in sorted(demanded) if not re.search(rf"\b{name}\b", " ".join(required))] == []


@each_playbook
def test_batches_are_explained_where_there_are_some(playbook: Path) -> None:
    """Nobody looks for a budget in a playbook that changes nothing."""
    batched = any(play.serial for play in plays_of(playbook))
    assert ("failure_budget" in header_of(playbook)) == batched


@each_playbook
def test_the_readme_has_a_row_and_an_entry_for_it(playbook: Path) -> None:
    """The table names it with its article, and an entry of its own tells the rest and shows the example."""
    rows = re.findall(
        rf"^\| \[{re.escape(playbook.name)}\]\({re.escape(playbook.name)}\) \| [AB]", README, re.M
    )
    entries = [part for part in README.split("\n## ") if playbook.name in part.partition("\n")[0]]
    assert (len(rows), len(entries)) == (1, 1)
    assert f"(inventories/{playbook.name})" in entries[0]


def test_what_the_readme_points_to_is_there() -> None:
    """No link of the README leads nowhere."""
    links = re.findall(r"\]\(([^)#]+)", README)
    assert [link for link in links if not (FOLDER / link).exists()] == []


@each_inventory
def test_the_example_lists_the_tasks_of_its_playbook(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example loads, and the playbook finds hosts in it, without anything being contacted."""
    playbook = FOLDER / inventory.name
    assert main(["run", str(playbook), "-i", str(inventory), "--list-hosts", "--list-tasks"]) == 0
    assert "example.com" in capsys.readouterr().out


@each_inventory
def test_an_example_invents_neither_hosts_nor_numbers(inventory: Path) -> None:
    """Hosts are those kept free for documents; no number is a text, which would count as 0."""
    for host in load_inventory([str(inventory)]).hosts.values():
        assert host.name.endswith(".example.com")
        for name, value in host.variables.items():
            if re.search(r"_(build|number|port|pack|timeout|days)$", name):
                assert isinstance(value, int), f"{host.name}: {name}"
