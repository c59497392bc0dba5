"""Which value of a variable wins, by Ansible's order."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import Place
from remediate.inventory.draft import Draft
from remediate.inventory.load import load_inventory
from remediate.inventory.precedence import merge

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "precedence.yaml").read_text())
HERE = Place("x")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_precedence(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host has just the values expected, and no others."""
    for name, text in case["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    inventory = load_inventory(
        case.get("sources") or [next(iter(case["files"]))],
        vars_dirs=[Path(folder) for folder in case.get("vars_dirs", [])],
    )
    assert inventory.hosts[case.get("host", "h1")].variables == case["expected"]


def test_a_variable_from_a_file_knows_its_place(tmp_path: Path) -> None:
    """The place names the file under host_vars/ that won, and the line in it."""
    (tmp_path / "hosts.ini").write_text("h1 a=1\n")
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "h1.yml").write_text("---\n\na: 2\n")
    places = load_inventory([str(tmp_path / "hosts.ini")]).hosts["h1"].places
    assert places == {"a": Place(str(tmp_path / "host_vars" / "h1.yml"), 3, 1)}


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda edge: edge[0] < edge[1]), max_size=12
    )
)
def test_a_child_wins_over_every_group_above_it(edges: list[tuple[int, int]]) -> None:
    """Whatever the graph, no group's value survives where a group below it has one."""
    draft = Draft()
    for number in range(6):
        draft.add_group(f"g{5 - number}", HERE)  # names in the order that would decide otherwise
    for parent, child in edges:
        draft.add_child(f"g{parent}", f"g{child}", HERE)
    for number in range(6):
        draft.add_hosts(f"g{number}", f"h{number}", {}, HERE)
        draft.set_for_group(f"g{number}", "a", number, HERE)
        draft.set_for_group(f"g{number}", "ansible_group_priority", 6 - number, HERE)
    inventory = merge(draft, [], [])
    for number in range(6):
        host = inventory.hosts[f"h{number}"]
        assert host.variables["a"] == number
        assert set(host.groups) == {
            f"g{one}" for one in range(6) if f"h{number}" in inventory.groups[f"g{one}"]
        }


def test_a_host_in_a_group_is_not_ungrouped() -> None:
    """`ungrouped` holds the hosts of no other group, wherever they were named first."""
    draft = Draft()
    draft.add_group("g", HERE)
    for group, host in (("ungrouped", "h1"), ("g", "h1"), ("all", "h2"), ("ungrouped", "h3")):
        draft.add_hosts(group, host, {}, HERE)
    inventory = merge(draft, [], [])
    assert inventory.groups["ungrouped"] == ("h2", "h3")
    assert [inventory.hosts[name].groups for name in ("h1", "h2")] == [("g",), ("ungrouped",)]


def test_a_host_may_be_called_like_the_group_that_holds_it_alone() -> None:
    """The same name twice is refused only where it would mean two things."""
    draft = Draft()
    draft.add_group("web", HERE)
    draft.add_hosts("web", "web", {}, HERE)
    assert merge(draft, [], []).groups["web"] == ("web",)


def test_a_long_chain_of_groups() -> None:
    """Groups may be nested deeper than Python's stack."""
    draft = Draft()
    for number in range(1500):
        draft.add_group(f"g{number}", HERE)
        if number:
            draft.add_child(f"g{number - 1}", f"g{number}", HERE)
    draft.add_hosts("g1499", "h", {}, HERE)
    assert len(merge(draft, [], []).hosts["h"].groups) == 1500
