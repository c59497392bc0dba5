"""What holds for every playbook, well-formed or not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook_fakes import MODULES, Catalog, Checker

from remediate.errors import Mistakes, Place, PlaybookError
from remediate.playbook.lint import lint
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Block, Task, each_task
from remediate.playbook.refusals import UNSUPPORTED
from remediate.playbook.schema import LEVELS

NOWHERE = Place("")
PARTS = ("tasks", "rescue", "always")
NAMES = st.text(alphabet="abc {}:#'\"\u00e9-", min_size=1).filter(str.strip)
CONDITIONS = st.lists(st.one_of(NAMES, st.booleans()), max_size=2)
COMMON = {
    "name": NAMES,
    "when": CONDITIONS,
    "tags": st.lists(st.sampled_from(["a", "b", "always"]), max_size=2),
    "no_log": st.booleans(),
    "become": st.booleans(),
    "vars": st.dictionaries(st.sampled_from(["x", "y"]), st.none() | st.integers() | st.text(alphabet="ab")),
    "environment": st.dictionaries(st.sampled_from(["TZ", "LANG"]), st.text(alphabet="ab ")),
}
TASKS = st.fixed_dictionaries(
    {"debug": st.fixed_dictionaries({"msg": NAMES})},
    optional={
        **COMMON,
        "register": st.sampled_from(["x", "y"]),
        "retries": st.integers(0, 9),
        "until": CONDITIONS,
    },
)
ENTRIES = st.recursive(
    TASKS,
    lambda entries: st.fixed_dictionaries(
        {"block": st.lists(entries, max_size=3)},
        optional={**COMMON, "rescue": st.lists(entries, max_size=2), "always": st.lists(entries, max_size=2)},
    ),
    max_leaves=8,
)
PLAYS = st.fixed_dictionaries(
    {"hosts": NAMES, "tasks": st.lists(ENTRIES, max_size=4)},
    optional={"name": NAMES, "serial": st.integers(1, 9), "handlers": st.lists(TASKS, max_size=2)},
)

IMPORTS = ("import_playbook", "import_tasks")
WORDS = sorted({*MODULES, *UNSUPPORTED, *IMPORTS, *(key for level in LEVELS.values() for key in level)})
KEYS = st.sampled_from(WORDS) | st.text(max_size=4)
NUMBERS = st.booleans() | st.integers() | st.floats()
SCALARS = NUMBERS | st.none() | st.dates() | st.binary(max_size=3) | st.text(max_size=9)
ANYTHING = st.recursive(
    SCALARS | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.integers(), inner, max_size=5),
    max_leaves=25,
)
NEARLY = st.lists(
    st.dictionaries(st.sampled_from([*LEVELS["play"], *IMPORTS]), ANYTHING, max_size=4)
    | st.fixed_dictionaries(
        {"hosts": st.just("all"), "tasks": st.lists(st.dictionaries(KEYS, ANYTHING, max_size=4), max_size=4)}
    ),
    min_size=1,
    max_size=3,
)

quickly = settings(max_examples=100)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file that the examples write over."""
    return tmp_path_factory.mktemp("playbook") / "playbook.yaml"


def _write(path: Path, data: object) -> None:
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")


def _outline(entries: Sequence[Task | Block]) -> list[Any]:
    return [
        entry.params["msg"] if isinstance(entry, Task) else [_outline(getattr(entry, part)) for part in PARTS]
        for entry in entries
    ]


def _written_outline(entries: list[dict[str, Any]]) -> list[Any]:
    return [
        entry["debug"]["msg"]
        if "debug" in entry
        else [_written_outline(entry.get(part, [])) for part in ("block", "rescue", "always")]
        for entry in entries
    ]


@quickly
@given(plays=st.lists(PLAYS, min_size=1, max_size=3))
def test_every_well_formed_playbook_loads_in_its_order(path: Path, plays: list[dict[str, Any]]) -> None:
    """Plays, tasks and the lists of blocks come out as they were written, nothing more and nothing less."""
    _write(path, plays)
    loaded = load_playbook(path, MODULES)
    assert [play.hosts for play in loaded] == [play["hosts"] for play in plays]
    for play, written in zip(loaded, plays, strict=True):
        assert _outline(play.tasks) == _written_outline(written["tasks"])
        assert _outline(play.handlers) == _written_outline(written.get("handlers", []))


def _without_places(entries: Sequence[Task | Block]) -> list[Task]:
    return [replace(task, place=NOWHERE, param_places={}, places={}) for task in each_task(entries)]


@quickly
@given(entries=st.lists(ENTRIES, min_size=1, max_size=3), keywords=st.fixed_dictionaries({}, optional=COMMON))
def test_tasks_from_a_file_are_those_of_a_block(
    path: Path, entries: list[dict[str, Any]], keywords: dict[str, Any]
) -> None:
    """An import with its keywords means the same as a block with these keywords and the file's tasks."""
    _write(path.with_name("tasks.yaml"), entries)
    imported, block = {"import_tasks": "tasks.yaml", **keywords}, {"block": entries, **keywords}
    _write(path, [{"hosts": "all", "tasks": [imported]}, {"hosts": "all", "tasks": [block]}])
    loaded, written = load_playbook(path, MODULES)
    assert _without_places(loaded.tasks) == _without_places(written.tasks)
    assert _outline(loaded.tasks) == _written_outline(entries)


@quickly
@given(
    plays=st.lists(PLAYS, min_size=1, max_size=3),
    keywords=st.fixed_dictionaries(
        {}, optional={key: COMMON[key] for key in ("name", "when", "tags", "vars")}
    ),
)
def test_an_import_adds_to_each_play_and_changes_nothing_else(
    path: Path, plays: list[dict[str, Any]], keywords: dict[str, Any]
) -> None:
    """Without its conditions, tags and variables an imported play is the play of the file itself."""
    other = path.with_name("plays.yaml")
    _write(other, plays)
    _write(path, [{"import_playbook": "plays.yaml", **keywords}])
    tags = frozenset(keywords.get("tags", ()))
    for play, own in zip(load_playbook(path, MODULES), load_playbook(other, MODULES), strict=True):
        assert play.variables == {**own.variables, **keywords.get("vars", {})}
        for task, plain in zip(each_task(play.tasks), each_task(own.tasks), strict=True):
            assert task == replace(
                plain,
                when=(*keywords.get("when", ()), *plain.when),
                tags=plain.tags | tags,
                places=task.places,
            )
        assert (play.name, play.hosts, play.serial, play.tags) == (
            own.name,
            own.hosts,
            own.serial,
            own.tags | tags,
        )
        assert [handler.when for handler in play.handlers] == [handler.when for handler in own.handlers]


def _load_mistakes(path: Path) -> list[str]:
    try:
        load_playbook(path, MODULES)
    except Mistakes as several:
        return [str(mistake) for mistake in several.mistakes]
    except PlaybookError as one:
        return [str(one)]
    return []


@quickly
@given(data=ANYTHING | NEARLY)
def test_no_yaml_gives_anything_but_mistakes_with_places(path: Path, data: object) -> None:
    """Whatever a file holds, it is loaded or refused in words, in the order of the places in it."""
    _write(path, data)
    found = lint([path], modules=Catalog(), templar=Checker())
    places = [mistake.where for mistake in found if isinstance(mistake.where, Place)]
    assert len(places) == len(found)
    assert places == sorted(places)
    assert {place.file for place in places} <= {str(path)}
    assert set(_load_mistakes(path)) <= {str(mistake) for mistake in found}


@quickly
@given(text=st.text(alphabet="-:[]{}&*!|>'\"#%@,? \n\tabhosts01.\x85\u2028", max_size=60))
def test_no_text_gives_anything_but_mistakes(path: Path, text: str) -> None:
    """Text that is hardly YAML is refused in words too."""
    path.write_text(text, encoding="utf-8")
    found = lint([path], modules=Catalog(), templar=Checker())
    assert all(isinstance(mistake, PlaybookError) for mistake in found)
