"""YAML with places: what is read, where it stands, and how each mistake is told."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import InputError, InventoryError, Place, PlaybookError
from remediate.source import Node, load_yaml, parse_yaml, read_file

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.dates()
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def read(text: str) -> Node:
    """The tree of a text that is not empty."""
    root = parse_yaml(text, "f.yaml", PlaybookError)
    assert root is not None
    return root


def mistake(text: str) -> InputError:
    """The mistake that reading the text raises."""
    with pytest.raises(PlaybookError) as caught:
        parse_yaml(text, "f.yaml", PlaybookError)
    return caught.value


@given(TREES)
def test_round_trip(tree: Any) -> None:
    """What PyYAML writes is read back as the same value."""
    assert read(yaml.safe_dump(tree, allow_unicode=True)).plain() == tree


@given(st.text(max_size=60))
def test_any_text_gives_a_tree_or_one_mistake(text: str) -> None:
    """No text at all leads to another exception than the kind asked for, and its place is in the text."""
    where = None
    try:
        parse_yaml(text, "f.yaml", PlaybookError)
    except PlaybookError as error:
        where = error.where
    assert where is None or (isinstance(where, Place) and 0 <= where.line <= text.count("\n") + 2)


@given(st.text(alphabet="&*ab!<>:-[]{}?,'\"| \n#~%@0", max_size=40))
def test_any_punctuation_gives_a_tree_or_one_mistake(text: str) -> None:
    """YAML's own signs in any order never lead to a traceback."""
    try:
        root = parse_yaml(text, "f.yaml", PlaybookError)
    except PlaybookError:
        return
    if root is not None:
        root.plain()


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_empty(text: str) -> None:
    """An empty document is None (a bare `---` is a null)."""
    root = parse_yaml(text, "f.yaml", PlaybookError)
    assert root is None or root.value is None


def test_every_node_knows_its_place() -> None:
    """Keys, values and list items carry the line and column where they are written, from 1."""
    root = read("a: 1\nb:\n  - x\n  -   y: z\n")
    items = root.value["b"].value
    assert root.key_place("b") == Place("f.yaml", 2, 1)
    assert root.value["a"].place == Place("f.yaml", 1, 4)
    assert items[0].place == Place("f.yaml", 3, 5)
    assert items[1].key_place("y") == Place("f.yaml", 4, 7)
    assert items[1].value["y"].place == Place("f.yaml", 4, 10)
    assert root.key_place("not there") == root.place


def test_keys_are_what_was_written() -> None:
    """`on`, `yes`, `42` and `1.50` are keys under just those names."""
    assert list(read("on: 1\nyes: 2\n42: 3\n1.50: 4\n2014-02-14: 5\n").plain()) == [
        "on",
        "yes",
        "42",
        "1.50",
        "2014-02-14",
    ]


def test_values_follow_yaml_1_1() -> None:
    """Values are typed as Ansible's reader types them."""
    text = "a: yes\nb: 0644\nc: '0644'\nd: ~\ne: 1.5\nf: !!str 5\n"
    assert read(text).plain() == {"a": True, "b": 420, "c": "0644", "d": None, "e": 1.5, "f": "5"}


def test_merge_keys_give_way_to_what_is_written_out() -> None:
    """`<<` fills in, and does not override."""
    root = read("base: &b {x: 1, y: 1}\nhost: {<<: *b, y: 2}\nboth: {<<: [{x: 7}, *b]}\n")
    assert root.plain()["host"] == {"x": 1, "y": 2}
    assert root.plain()["both"] == {"x": 7, "y": 1}


def test_a_merged_mapping_may_be_used_again() -> None:
    """A mapping that overrides a merged key is no duplicate when an alias names it a second time."""
    text = "a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: *b\nd: {<<: *b, z: 3}\n"
    assert read(text).plain() == {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 2}, "d": {"x": 2, "z": 3}}


def test_an_alias_has_the_place_of_what_it_stands_for() -> None:
    """What an alias gives stands where its anchor is written."""
    assert read("a: &a [1]\nb: *a\n").value["b"].place == Place("f.yaml", 1, 4)


MISTAKES = [
    ("a: [1, 2\nb: 3\n", 2, 2, "not valid YAML"),
    ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' stands twice, first at f.yaml:1:1"),
    ("a: 1\n---\nb: 2\n", 2, 1, "not valid YAML: but found another document"),
    ("a: {{ name }}\n", 1, 5, "a mapping's key must be a plain word"),
    ("~: 1\n", 1, 1, "a mapping's key must be a plain word"),
    ("? [a, b]\n: 1\n", 1, 3, "a mapping's key must be a plain word"),
    ("a: *nowhere\n", 1, 4, "not valid YAML: found undefined alias"),
    ("&a [*a]\n", 1, 1, "an alias inside what it stands for"),
    ("a: &a {b: {c: *a}}\n", 1, 4, "an alias inside what it stands for"),
    ("a: !!python/name:os.system x\n", 1, 4, "the tag !!python/name:os.system is not supported"),
    ("a: !!python/tuple [1]\n", 1, 4, "the tag !!python/tuple is not supported"),
    ("a: !unsafe {b: c}\n", 1, 4, "the tag !unsafe is not supported"),
    ("a: !!set {b, c}\n", 1, 4, "the tag !!set is not supported"),
    ("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n", 1, 4, "values encrypted by ansible-vault"),
    ("!foo a: 1\n", 1, 1, "the tag !foo is not supported"),
    ("a: 2014-02-30\n", 1, 4, "not a valid value for a YAML timestamp"),
    ('a: !!int ""\n', 1, 4, "not a valid value for a YAML int"),
    ('a: !!float ""\n', 1, 4, "not a valid value for a YAML float"),
    ("a: !!bool perhaps\n", 1, 4, "not a valid value for a YAML bool"),
    ("a: !!timestamp soon\n", 1, 4, "not a valid value for a YAML timestamp"),
    ("a_password: !hunter2 x\n", 1, 13, "a tag is not supported"),
    ("tokens: {a: [!hunter2 x]}\n", 1, 14, "a tag is not supported"),
    ("a_token: 1\nb: !hunter2 x\n", 2, 4, "the tag !hunter2 is not supported"),
    ("a_password: !!int hunter2\n", 1, 13, "not a valid value for a YAML int"),
    ("a: =\n", 1, 4, "the tag !!value is not supported"),
    ("<<: 5\n", 1, 5, "not valid YAML: expected a mapping"),
    ("ok: 1\nb: x\x00y\n", 2, 5, "a character that YAML does not allow"),
    ("\u00e4: 1\nb: x\x07y\n", 2, 5, "a character that YAML does not allow"),
    ("a: \udcff\n", 1, 4, "not UTF-8 text"),
    ("[" * 101 + "]" * 101, 1, 101, "nested more than 100 levels deep"),
    ("\t- a\n", 1, 1, "not valid YAML"),
]


@pytest.mark.parametrize(("text", "line", "column", "what"), MISTAKES)
def test_mistakes(text: str, line: int, column: int, what: str) -> None:
    """Each mistake says what is wrong, with the line and column where it stands, and how to mend it."""
    error = mistake(text)
    assert what in error.what
    assert error.cure
    assert "\n" not in error.what
    assert error.where == Place("f.yaml", line, column)


@pytest.mark.parametrize(
    "value", ["!hunter2 x", "!!int hunter2", "[!hunter2]", "{a: !!hunter2 x}", "*hunter2"]
)
def test_a_mistake_quotes_no_secret(value: str) -> None:
    """What stands under a secret's name is not told, however it cannot be read."""
    assert "hunter2" not in mistake(f"a_password: {value}\n").what


def test_nesting_up_to_the_limit() -> None:
    """A hundred levels are read and turned into plain values."""
    assert read("[" * 100 + "]" * 100).plain() != []


def test_few_aliases_that_stand_for_billions() -> None:
    """Aliases of aliases are refused instead of eating the memory."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases" in mistake("\n".join(lines)).what


def test_files(tmp_path: Path) -> None:
    """A file is read without its byte order mark, and its name is in every place."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    root = load_yaml(path, PlaybookError)
    assert root is not None
    assert root.plain() == {"a": 1}
    assert root.place == Place(str(path), 1, 1)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing", "No such file"),
        ("folder", "Is a directory"),
        ("latin", "not UTF-8"),
        ("a\0b", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, what: str) -> None:
    """What cannot be read is a mistake of the kind asked for, with the file's name."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"\xe4")
    with pytest.raises(InventoryError) as caught:
        read_file(tmp_path / name, InventoryError)
    assert what in caught.value.what
    assert str(tmp_path) in str(caught.value.where)
