"""The catalog finds modules by their names, and says of wrong parameters what, where and how to mend it."""

from dataclasses import is_dataclass
from typing import Any

import pytest
from module_view import WHERE

from remediate.effects.base import Effect
from remediate.errors import PlaybookError, TaskFailed
from remediate.modules.base import Module
from remediate.modules.catalog import Catalog

CATALOG = Catalog()
TRUTH = "YAML reads unquoted yes, no, on, off, true and false as truth values; put it in quotes"

MISTAKES: list[tuple[str, dict[str, Any], str | None, str, str | None]] = [
    (
        "copy",
        {"dest": "/f", "cntent": "x"},
        "cntent",
        "copy has no parameter 'cntent'",
        "did you mean 'content'?",
    ),
    ("stat", {"path": "/f", "zzz": 1}, "zzz", "stat has no parameter 'zzz'", "stat has: path"),
    ("file", {}, None, "file needs the parameter 'path'", None),
    (
        "file",
        {"path": "/f", "state": "fiel"},
        "state",
        "'state' should be 'file', 'directory', 'link' or 'absent', not 'fiel'",
        None,
    ),
    ("copy", {"dest": "/f", "content": True}, "content", "not the truth value true", TRUTH),
    (
        "lineinfile",
        {"path": "/f", "line": False},
        "line",
        "'line' should be text, not the truth value false",
        TRUTH,
    ),
    ("file", {"path": None}, "path", "'path' should be text, not empty", None),
    ("file", {"path": ["/f"]}, "path", "'path' should be text, not ['/f']", None),
    ("command", {"cmd": "x", "timeout": "soon"}, "timeout", "'timeout' should be a number, not 'soon'", None),
    # Not cut: the half of a secret would not be known as one.
    (
        "command",
        {"cmd": "x", "timeout": "k" * 70},
        "timeout",
        "'timeout' should be a number, not 72 letters",
        None,
    ),
    (
        "figure",
        {"value": float("inf")},
        "value",
        "'value' should be a finite number, not inf",
        None,
    ),
    (
        "command",
        {"cmd": "x", "read_only": "perhaps"},
        "read_only",
        "should be true or false, not 'perhaps'",
        None,
    ),
    (
        "domino_log",
        {"data": "/d", "contains": "one"},
        "contains",
        "'contains' should be a list, not 'one'",
        "write a list: [...], or one item a line, each after a dash",
    ),
    ("file", {"path": "tmp"}, "path", "'path': 'tmp' is not an absolute path: begin it with '/'", None),
    ("copy", {"dest": "/f"}, None, "give either 'src' or 'content'", None),
    (
        "command",
        {"cmd": "x", "environment": {}},
        "environment",
        "command has no parameter 'environment'",
        "has: cmd",
    ),
    (
        "template",
        {"src": "a", "dest": "/f", "content": "x"},
        "content",
        "has no parameter 'content'",
        "has: src",
    ),
    ("copy", {"dest": "/f", "content": "x", "text": "y"}, "text", "has no parameter 'text'", "has: dest"),
]


@pytest.mark.parametrize(("name", "params", "about", "what", "cure"), MISTAKES)
def test_mistakes_are_named_with_their_cure(
    name: str, params: dict[str, Any], about: str | None, what: str, cure: str | None
) -> None:
    """Each mistake says which parameter, what is wrong with what was given, and how to mend it."""
    ((found_about, found_what, found_cure),) = CATALOG.check(name, params)
    assert found_about == about
    assert what in found_what
    assert (cure or "") in (found_cure or "")
    assert (cure is None) == (found_cure is None)


def test_all_mistakes_are_told_at_once() -> None:
    """Unknown, missing and wrong parameters are found in one reading."""
    found = CATALOG.check("lineinfile", {"lnie": "x", "mode": "rw", "create": "perhaps"})
    assert [about for about, _, _ in found] == ["lnie", None, "mode", "create"]


def test_a_long_value_is_not_quoted_whole() -> None:
    """A message stays readable, however long the value is."""
    ((_, what, _),) = CATALOG.check("command", {"cmd": "x", "timeout": "y" * 5000})
    assert len(what) < 150


TEMPLATED: list[tuple[str, dict[str, Any]]] = [
    ("file", {"path": "{{ path }}", "state": "{{ state }}", "mode": "{{ mode }}"}),
    ("command", {"cmd": "x", "timeout": "{{ seconds }}", "changes": ["{{ a }}"]}),
    ("command", {"cmd": "{{ it }}", "argv": "{{ words }}"}),
    ("assert", {"that": ["x is defined", "y | int > 3"]}),
    ("set_fact", {"anything": 1, "at": "all"}),
    ("debug", {"var": "x"}),
]


@pytest.mark.parametrize(("name", "params"), TEMPLATED)
def test_templates_are_judged_when_they_are_rendered(name: str, params: dict[str, Any]) -> None:
    """What a template will give is unknown when a playbook is checked, so nothing is found fault with."""
    assert CATALOG.check(name, params) == []


@pytest.mark.parametrize(
    ("name", "cure"),
    [("{{ 'a' ~ 'b' }}", "set one variable to a mapping"), ("a-b", "letters, digits"), ("", "")],
)
def test_set_fact_sets_only_variables(name: str, cure: str) -> None:
    """A name that no template could use is refused, and so is one that a template would make."""
    ((about, what, found_cure),) = CATALOG.check("set_fact", {"fine": 1, name: 2})
    assert (about, what) == (name, f"set_fact cannot set '{name}': that is no name of a variable")
    assert cure in (found_cure or "")


def test_what_was_rendered_is_judged_at_the_task() -> None:
    """When the task runs, wrong values fail it with the playbook's place and the same words."""
    with pytest.raises(TaskFailed, match=r"file: 'state' should be .*, not 'fiel'") as failed:
        CATALOG.build("file", {"path": "/f", "state": "fiel"}, WHERE)
    assert failed.value.where == WHERE
    with pytest.raises(TaskFailed, match="did you mean 'path'"):
        CATALOG.build("stat", {"paht": "/f"}, WHERE)
    with pytest.raises(TaskFailed, match="stat needs the parameter 'path'"):
        CATALOG.build("stat", {}, WHERE)


def test_values_are_made_to_fit() -> None:
    """Numbers where text is meant, and text where a number is meant, are understood."""
    assert CATALOG.build("lineinfile", {"path": "/f/", "line": 5, "mode": "0644"}, WHERE) == CATALOG.build(
        "lineinfile", {"path": "/f", "line": "5", "mode": 0o644}, WHERE
    )
    assert CATALOG.build("command", {"cmd": "x", "timeout": "5"}, WHERE) == CATALOG.build(
        "command", {"cmd": "x", "timeout": 5.0}, WHERE
    )


@pytest.mark.parametrize("name", sorted(CATALOG.names()))
def test_every_module_is_there_and_says_what_it_does(name: str) -> None:
    """Each name leads to a module with a description."""
    kind = CATALOG.module(name)
    assert issubclass(kind, Module)
    assert kind.__doc__
    assert is_dataclass(kind)
    assert kind.__hash__ is not None  # of dataclasses, only frozen ones have it
    assert not issubclass(kind, Effect)


def test_an_unknown_module_is_named_with_its_neighbour() -> None:
    """A name that is none gets the nearest one as a cure."""
    with pytest.raises(
        PlaybookError, match=r"there is no module 'lineinfiel' \(did you mean 'lineinfile'\?\)"
    ):
        CATALOG.module("lineinfiel")
    with pytest.raises(PlaybookError, match=r"there is no module 'zzz'$"):
        CATALOG.check("zzz", {})
