"""What tasks did is taken back: modules give their effects all that this needs."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from local_host import LocalHost, tree
from module_view import Here, Told, built

from remediate.answers import Unknown
from remediate.effects.base import NoUndo, Undo
from remediate.effects.paths import RemoveDirectory, RemovePath
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import WriteFile
from remediate.engine.state import HostState, agrees
from remediate.errors import TaskFailed, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, Listing, PathStatus
from remediate.modules.attributes import attributes
from remediate.modules.file import File

WHY = Unknown("an earlier task")


def world(folder: Path) -> None:
    """Files of several users and modes, links, and directories with something and nothing in them."""
    for number, name in enumerate(("text", "gone", "set-id")):
        (folder / name).write_bytes(b"one\r\ntwo \xff\nthree")
        os.chown(folder / name, number, number + 1)
        (folder / name).chmod((0o640, 0o600, 0o6755)[number])
    (folder / "link").symlink_to("old target")
    (folder / "through").symlink_to("text")
    os.lchown(folder / "link", 6, 7)
    (folder / "empty").mkdir()
    os.chown(folder / "empty", 4, 5)
    (folder / "empty").chmod(0o3770)


TASKS: list[tuple[str, dict[str, Any]]] = [
    ("copy", {"dest": "text", "content": "new"}),
    ("copy", {"dest": "text", "content": "new", "mode": "4711", "owner": "9", "group": "bin"}),
    ("copy", {"dest": "new", "content": "new", "mode": "2755", "owner": "9", "group": "bin"}),
    ("copy", {"dest": "set-id", "content": "new", "owner": "9"}),
    ("copy", {"dest": "through", "content": "new"}),
    ("template", {"dest": "text", "content": "new"}),
    ("lineinfile", {"path": "text", "line": "four", "owner": "daemon"}),
    ("lineinfile", {"path": "new", "line": "four", "create": True, "group": "2"}),
    ("blockinfile", {"path": "text", "block": "four", "mode": "0600"}),
    ("file", {"path": "gone", "state": "absent"}),
    ("file", {"path": "set-id", "state": "absent"}),
    ("file", {"path": "link", "state": "absent"}),
    ("file", {"path": "empty", "state": "absent"}),
    ("file", {"path": "a/b/c", "state": "directory", "mode": "2770", "owner": "daemon"}),
    ("file", {"path": "link", "state": "link", "src": "new target"}),
    ("file", {"path": "new", "state": "link", "src": "-n"}),
    ("file", {"path": "set-id", "owner": "daemon", "group": "9", "mode": "0600"}),
    ("file", {"path": "empty", "owner": "daemon", "group": "9"}),
]


@pytest.mark.root
@pytest.mark.parametrize(("module", "params"), TASKS)
def test_a_task_is_taken_back(module: str, params: Mapping[str, Any], tmp_path: Path) -> None:
    """Every byte, mode, owner and target is as before the task."""
    world(tmp_path)
    before = tree(tmp_path)
    placed = {key: f"{tmp_path}/{each}" if key in ("path", "dest") else each for key, each in params.items()}
    given = {"src": "x.j2", **placed} if module == "template" else placed
    state = HostState(host=LocalHost(), dry_run=False)  # type: ignore[arg-type]
    undone = []
    for effect in task(module, given).decide(Here()):
        undone.append(effect.undo())
        state.carry_out(effect, None)
    assert tree(tmp_path) != before
    for undo in reversed(undone):
        assert isinstance(undo, Undo)
        for effect in undo.effects:
            state.carry_out(effect, None)
    assert tree(tmp_path) == before


def task(module: str, given: dict[str, Any]) -> Any:
    """The module; a template's text is already rendered."""
    if module != "template":
        return built(module, **given)
    from remediate.modules.template import Template

    return Template(**given)


@pytest.mark.root
@pytest.mark.parametrize("number", [0, 3, 4, 6, 8])
def test_what_writes_a_file_knows_whose_it_was(number: int, tmp_path: Path) -> None:
    """Its undo holds for the file as it was left, and not for one that has another owner by now."""
    world(tmp_path)
    module, params = TASKS[number]
    path = tmp_path / params.get("path", params.get("dest"))
    placed = {key: str(path) if key in ("path", "dest") else each for key, each in params.items()}
    state = HostState(host=LocalHost(), dry_run=False)  # type: ignore[arg-type]
    effect = next(iter(task(module, placed).decide(Here())))
    assert isinstance(effect, WriteFile)
    undo = effect.undo()
    state.carry_out(effect, None)
    assert isinstance(undo, Undo)
    assert all(agrees(guard.answer, Here().of(guard.fact)) for guard in undo.guards)
    os.chown(path, 77, 78, follow_symlinks=False)
    assert not all(agrees(guard.answer, Here().of(guard.fact)) for guard in undo.guards)


class Doubtful(Told):
    """A host of which the names in directories cannot be told."""

    def of(self, fact: Fact[Any]) -> Any:
        """The answer, or the reason why there is none."""
        if isinstance(fact, Listing):
            raise self.answers[fact]
        return super().of(fact)


@pytest.mark.parametrize("error", [TaskFailed("no"), UnknownUntilApplied("an earlier task")])
def test_a_directory_of_which_nothing_is_known_may_hold_anything(error: Exception) -> None:
    """Where its names cannot be read or foretold, it goes with all below it, which is not taken back."""
    view = Doubtful({FileStatus("/d"): PathStatus(kind="directory"), Listing("/d"): error})
    (effect,) = built("file", path="/d", state="absent").decide(view)
    assert type(effect) is RemovePath
    assert isinstance(effect.undo(), NoUndo)


@pytest.mark.parametrize(("names", "kind"), [((), RemoveDirectory), (("x",), RemovePath), (None, RemovePath)])
def test_only_an_empty_directory_goes_alone(names: tuple[str, ...] | None, kind: type[RemovePath]) -> None:
    """One with something in it goes with all that is in it."""
    view = Told({FileStatus("/d"): PathStatus(kind="directory"), Listing("/d"): names})
    (effect,) = built("file", path="/d", state="absent").decide(view)
    assert type(effect) is kind


def test_an_owner_that_is_not_known_yet_is_no_part_of_the_change() -> None:
    """What only the apply can tell is Unknown in the effect, too, so that a plan holds for both."""
    status = PathStatus(kind="file", mode=WHY, owner=WHY, group="bin", uid=WHY, gid=2)
    owner, mode = attributes(Here(), "/f", status, File(path="/f", mode=0o6755, group="7"))
    assert isinstance(owner, SetOwner)
    assert isinstance(mode, SetMode)
    assert isinstance(owner.before, Unknown)
    assert owner.diff() == "~ owner /f (not known) -> :7\n"
    assert isinstance(owner.undo(), NoUndo)
    assert isinstance(mode.undo(), NoUndo)
