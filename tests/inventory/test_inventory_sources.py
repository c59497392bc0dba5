"""INI and YAML say the same; values, words and sources are read as Ansible reads them."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import InventoryError, Mistakes, Place
from remediate.inventory.draft import Draft
from remediate.inventory.ini_source import parse_value, read_ini, split_words
from remediate.inventory.load import load_inventory
from remediate.inventory.model import Inventory
from remediate.inventory.precedence import merge
from remediate.inventory.yaml_source import read_yaml_inventory
from remediate.source import parse_yaml

WORDS = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=10)
STRINGS = WORDS.filter(lambda text: parse_value(text) == text and text == text.strip())
VALUES = STRINGS | st.integers() | st.booleans() | st.none() | st.lists(st.integers(), max_size=3)
SETTINGS = st.dictionaries(st.sampled_from(["a", "b", "ansible_host", "domino_data"]), VALUES, max_size=3)
NAMES = [f"g{number}" for number in range(5)]


@dataclass(frozen=True)
class Written:
    """A random inventory: for each group its hosts with variables, its children, its variables."""

    hosts: dict[str, dict[str, dict[str, Any]]]
    children: dict[str, list[str]]
    settings: dict[str, dict[str, Any]]


@st.composite
def inventories(draw: st.DrawFn) -> Written:
    """Groups g0 to g4; a child always has a higher number, so there is no circle."""
    host = st.sampled_from(["web1", "web2", "db[1:3]", "aix1:2222", "x.example.com"])
    return Written(
        {name: draw(st.dictionaries(host, SETTINGS, max_size=3)) for name in NAMES},
        {name: draw(st.lists(st.sampled_from(NAMES), unique=True)) for name in NAMES},
        {name: draw(SETTINGS) for name in NAMES},
    )


def as_ini(written: Written) -> str:
    """The inventory in INI form."""
    lines: list[str] = []
    for name in NAMES:
        lines.append(f"[{name}]  # the group")
        for host, settings in written.hosts[name].items():
            pairs = [f"{key}={shlex.quote(literal(value))}" for key, value in settings.items()]
            lines.append(" ".join([host, *pairs]))
        lines += [
            f"[{name}:vars]",
            *(f"{key} = {literal(value)}" for key, value in written.settings[name].items()),
        ]
        lines += [
            f"[{name}:children]",
            "; below it",
            *(child for child in written.children[name] if child > name),
        ]
    return "\n".join(lines)


def literal(value: Any) -> str:
    """A value as an INI inventory writes it."""
    return value if isinstance(value, str) else repr(value)


def as_yaml(written: Written) -> str:
    """The inventory in YAML form."""
    groups = {
        name: {
            "hosts": written.hosts[name],
            "children": dict.fromkeys(child for child in written.children[name] if child > name),
            "vars": written.settings[name],
        }
        for name in NAMES
    }
    return yaml.safe_dump(groups, sort_keys=False)


def from_ini(text: str) -> Inventory:
    """The inventory that a text in INI form gives."""
    draft = Draft()
    read_ini(text, "hosts", draft)
    return merge(draft, [], [])


def from_yaml(text: str) -> Inventory:
    """The inventory that a text in YAML form gives."""
    draft = Draft()
    root = parse_yaml(text, "hosts.yaml", InventoryError)
    assert root is not None
    read_yaml_inventory(root, draft)
    return merge(draft, [], [])


def essence(inventory: Inventory) -> Any:
    """All but the places and the order of children, which differ by the form."""
    return (
        [(host.name, host.groups, host.variables) for host in inventory.hosts.values()],
        inventory.groups,
        {name: set(children) for name, children in inventory.children.items()},
        inventory.members,
    )


@given(inventories())
def test_ini_and_yaml_of_the_same_inventory_are_the_same(written: Written) -> None:
    """The form an inventory is written in makes no difference."""
    assert essence(from_ini(as_ini(written))) == essence(from_yaml(as_yaml(written)))


@given(inventories())
def test_the_groups_are_consistent(written: Written) -> None:
    """A group holds its members and its children's, in inventory order; `all` holds everything."""
    inventory = from_yaml(as_yaml(written))
    assert inventory.groups["all"] == tuple(inventory.hosts)
    for name, hosts in inventory.groups.items():
        if name == "all":
            continue
        inside = set(inventory.members[name]).union(
            *(inventory.groups[one] for one in inventory.children[name])
        )
        assert hosts == tuple(host for host in inventory.hosts if host in inside)
        assert all((name in inventory.hosts[host].groups) == (host in inside) for host in inventory.hosts)


@given(st.text(max_size=80))
def test_any_text_as_ini_gives_an_inventory_or_mistakes(text: str) -> None:
    """No text in INI form leads to another exception than Mistakes."""
    try:
        from_ini(text)
    except Mistakes as error:
        assert error.mistakes  # noqa: PT017 - most texts are no mistake


@given(
    st.lists(
        st.sampled_from(["[g]", "[g:vars]", "[h:children]", "[g:children]", "g", "h", "a=1", "w[1:2] x=1"])
    )
)
def test_any_lines_as_ini_give_an_inventory_or_mistakes(lines: list[str]) -> None:
    """No order of sections and lines leads to another exception than Mistakes."""
    try:
        inventory = from_ini("\n".join(lines))
    except Mistakes:
        return
    assert set(inventory.groups["all"]) == set(inventory.hosts)


@given(st.text(alphabet="ab=\t '\"\\#", min_size=1, max_size=15).filter(lambda text: text == text.strip()))
def test_words_are_those_of_a_shell(line: str) -> None:
    """A line's words are those that shlex gives, also on the short way for easy lines."""
    try:
        words: list[str] | None = shlex.split(line, comments=True)
    except ValueError:
        words = None
    if words is None:
        with pytest.raises(ValueError, match=r"."):
            split_words(line)
    else:
        assert split_words(line) == words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-1.5", -1.5),
        ("True", True),
        ("None", None),
        ("true", "true"),
        ("yes", "yes"),
        ("0644", "0644"),
        ("192.0.2.1", "192.0.2.1"),
        ("[1, 'a']", [1, "a"]),
        ("80,443", [80, 443]),
        ("{'a': (1, 2)}", {"a": [1, 2]}),
        ("{2, 1}", [1, 2]),
        ("b'x'", "x"),
        ("'quoted'", "quoted"),
        ("1j", "1j"),
        ("...", "..."),
        ("", ""),
        ("5 # five", 5),
        ("five # 5", "five # 5"),
        ("__import__('os')", "__import__('os')"),
        ("[" * 3000, "[" * 3000),
    ],
)
def test_values_in_ini(text: str, value: Any) -> None:
    """A Python literal is taken as such, in types that YAML has, too; all else is text."""
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)


def test_a_shell_quoted_literal_is_still_a_literal() -> None:
    """The shell's quotes go first, as in Ansible: `a="5"` is the number, `a="'5'"` the text."""
    variables = from_ini("""h a="5" b="'5'" c='[1, 2]' d="x y"e f=a=b # g=1""").hosts["h"].variables
    assert variables == {"a": 5, "b": "5", "c": [1, 2], "d": "x ye", "f": "a=b"}


def test_vars_sections_may_come_before_the_group() -> None:
    """`[g:vars]` and `[p:children]` may stand before `[g]`."""
    inventory = from_ini("[p:children]\ng\n[g:vars]\na=1\n[p:vars]\nb = x y \n[g]\nh\n")
    assert inventory.hosts["h"].variables == {"a": 1, "b": "x y"}
    assert inventory.hosts["h"].groups == ("g", "p")


def test_one_name_alone_is_taken_for_hosts_or_children() -> None:
    """`hosts: web1` and `children: g` are short for a mapping with that one name."""
    inventory = from_yaml("g: {hosts: web1}\np: {children: g}\n")
    assert inventory.groups["p"] == ("web1",)


def test_every_variable_knows_where_it_is_set() -> None:
    """Places name the line that won, in both forms."""
    ini = from_ini("[g]\nh1 a=1 bb='x y'\n[g:vars]\nc=2\na=9\n").hosts["h1"].places
    assert ini == {"a": Place("hosts", 2, 4), "bb": Place("hosts", 2, 8), "c": Place("hosts", 4, 1)}
    places = from_yaml("g:\n  vars: {c: 2}\n  hosts:\n    h1: {a: 1}\n").hosts["h1"].places
    assert places == {"c": Place("hosts.yaml", 2, 10), "a": Place("hosts.yaml", 4, 10)}


def test_several_sources(tmp_path: Path) -> None:
    """Later sources add to earlier ones and win; a list with a comma is a source, too."""
    (tmp_path / "one.ini").write_text("[g]\nh1 a=1 b=1\n")
    (tmp_path / "two.yml").write_text("g: {hosts: {h1: {b: 2}, h2: }}\n")
    inventory = load_inventory([str(tmp_path / "one.ini"), str(tmp_path / "two.yml"), "h3, h[4:5]:2222,"])
    assert list(inventory.hosts) == ["h1", "h2", "h3", "h4", "h5"]
    assert inventory.hosts["h1"].variables == {"a": 1, "b": 2}
    assert inventory.hosts["h4"].variables == {"ansible_port": 2222}
    assert inventory.groups["ungrouped"] == ("h3", "h4", "h5")


def test_a_long_list_of_hosts_is_no_file_name() -> None:
    """A list of hosts may be longer than any file's name."""
    names = [f"server-{number}.example.com" for number in range(500)]
    assert list(load_inventory([",".join(names)]).hosts) == names


def test_a_folder_of_sources(tmp_path: Path) -> None:
    """All files of a folder are read in the order of their names, but for backups, notes and variables."""
    files = {
        "10-base.yml": "g: {hosts: {h1: {a: 1, b: 1}}}\n",
        "20-more": "[g]\nh1 b=2\nh2\n",
        "deeper/x.ini": "[g]\nh3\n",
        ".hidden": "[\n",
        "x.yml~": "[\n",
        "notes.md": "[\n",
        "group_vars/g.yml": "c: 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    inventory = load_inventory([str(tmp_path)])
    assert inventory.groups["g"] == ("h1", "h2", "h3")
    assert inventory.hosts["h1"].variables == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    "text",
    [
        "# INI?\n---\ng: {hosts: h1}\n",
        "g:  # a group\n  hosts: h1\n",
        '{"g": {"hosts": {"h1": {}}}}',
        "[g]\nh1\n",
    ],
)
def test_a_name_without_an_end_tells_nothing(tmp_path: Path, text: str) -> None:
    """A file called just `hosts` may be in either form."""
    (tmp_path / "hosts").write_text(text)
    assert load_inventory([str(tmp_path / "hosts")]).groups["g"] == ("h1",)


def test_an_executable_inventory_is_refused(tmp_path: Path) -> None:
    """What Ansible would run is refused, with a way out."""
    path = tmp_path / "inventory.py"
    path.write_text("print('{}')\n")
    path.chmod(0o755)
    assert os.access(path, os.X_OK)
    with pytest.raises(Mistakes, match="an executable inventory is not supported yet"):
        load_inventory([str(path)])


def test_no_sources() -> None:
    """No source at all is an inventory without hosts."""
    assert load_inventory([]).groups == {"all": (), "ungrouped": ()}
