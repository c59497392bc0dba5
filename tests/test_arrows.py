"""The arrows between the rooms: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "remediate"

LEAVES = {
    "errors",
    "finder",
    "answers",
    "bourne",
    "canonical",
    "controller",
    "durations",
    "derived",
    "lockbox",
    "measured",
    "plan_key",
    "records",
    "sealing",
    "secrecy",
    "settings",
    "severity",
    "source",
    "spelling",
}
MAY_IMPORT = {
    "facts": set(),
    "effects": {"facts"},
    "templating": set(),
    "inventory": set(),
    "playbook": set(),
    "hosts": {"facts"},
    "store": set(),
    "modules": {"facts", "effects", "templating"},
    "engine": {"facts", "effects", "modules", "hosts", "store", "playbook", "inventory", "templating"},
    "review": {
        "facts",
        "effects",
        "modules",
        "hosts",
        "store",
        "playbook",
        "inventory",
        "templating",
        "engine",
    },
    "recheck": {"engine", "store"},
    "reports": {"engine", "store", "review", "recheck"},
    "notify": {"store", "reports"},
    "lab": set(),
    "schedule": {"store"},
    "cli": {
        "effects",
        "engine",
        "hosts",
        "inventory",
        "lab",
        "modules",
        "notify",
        "playbook",
        "recheck",
        "reports",
        "review",
        "schedule",
        "store",
        "templating",
    },
}


def imports_of(room: str) -> Iterator[tuple[str, str]]:
    """Every room (or leaf) that a file of `room` imports, with the file's name."""
    for file in sorted((PACKAGE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                if name.startswith("remediate."):
                    yield str(file.relative_to(PACKAGE)), name.split(".")[1]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    """Data walks one way: no room imports one that is not listed as being below it."""
    wrong = [
        f"{file} imports {name}"
        for file, name in imports_of(room)
        if name not in MAY_IMPORT[room] | LEAVES | {room}
    ]
    assert wrong == []


def test_every_room_is_listed() -> None:
    """A new room cannot come in without saying whom it may import."""
    rooms = {each.name for each in PACKAGE.iterdir() if each.is_dir() and not each.name.startswith("__")}
    assert rooms == set(MAY_IMPORT)


def test_the_list_has_no_circle() -> None:
    """Following the arrows never leads back."""

    def below(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " -> ".join((*path, room))
        for each in MAY_IMPORT[room]:
            below(each, (*path, room))

    for room in MAY_IMPORT:
        below(room, ())


def test_leaves_import_only_leaves() -> None:
    """What everybody may import imports no room."""
    for leaf in LEAVES:
        for node in ast.walk(ast.parse((PACKAGE / f"{leaf}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("remediate."):
                assert (node.module or "").split(".")[1] in LEAVES
