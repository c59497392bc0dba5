"""SetMode and SetOwner: exactly the bits and names that were decided, never through a link."""

import os
import shutil
from pathlib import Path

import hostile
import pytest
from local_host import NOBODY, SHELLS, LocalHost, run, tree

from remediate.answers import Known, Unknown
from remediate.effects.base import Effect
from remediate.effects.permissions import SetMode, SetOwner
from remediate.errors import Drifted, TaskFailed
from remediate.facts.files import FileStatus, PathStatus, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)
MODES = [0o644, 0o000, 0o4755, 0o2755, 0o1777, 0o7777, 0o0755, 0o2000]


def carry_out(effects: list[Effect], shell: str) -> None:
    """Run the effects' scripts and let them judge."""
    outputs = LocalHost(shell).ask([effect.script() for effect in effects], deadline=60)
    for effect, output in zip(effects, outputs, strict=True):
        assert effect.judge(output) == {}


def mode_of(path: Path) -> int:
    """The bits that are set."""
    return path.stat().st_mode & 0o7777


@each_shell
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir], ids=["file", "directory"])
def test_every_mode_is_set_and_cleared(shell: str, make: type[Path], tmp_path: Path) -> None:
    """After each change the mode is exactly the one asked for, also where set-id bits were before."""
    path = tmp_path / "path"
    make(path)
    for mode in (*MODES, *reversed(MODES)):
        carry_out([SetMode(path=str(path), before=mode_of(path), after=mode)], shell)
        assert mode_of(path) == mode


@pytest.mark.root
@each_shell
@pytest.mark.parametrize("make", [Path.touch, Path.mkdir], ids=["file", "directory"])
def test_another_mode_or_owner_than_was_read_is_kept(shell: str, make: type[Path], tmp_path: Path) -> None:
    """Every other mode is noticed, but for set-id bits that systems clear; and the owner that is to go."""
    path = tmp_path / "path"
    make(path)
    for mode in MODES:
        path.chmod(mode)
        for before in MODES:
            seen = run(SetMode(path=str(path), before=before, after=mode).script(), shell)
            cleared = mode in (before, before & 0o1777)
            assert (seen.status == 0) == cleared, (oct(mode), oct(before), seen)
            assert mode_of(path) == mode
    os.chown(path, 6, 7)
    for owner, group, uid, gid, held in OWNED:
        was = PathStatus(kind="file", uid=uid, gid=gid)
        effect = SetOwner(path=str(path), owner=owner, group=group, before="?", was=was)
        if held:
            carry_out([effect], shell)
            os.chown(path, 6, 7)
            continue
        with pytest.raises(Drifted, match="it has another owner or group now"):
            effect.judge(run(effect.script(), shell))
        assert (path.stat().st_uid, path.stat().st_gid) == (6, 7)


OWNED = (
    ("1", None, 6, 8, True),
    ("1", None, 5, 7, False),
    (None, "daemon", 5, 7, True),
    (None, "daemon", 6, 8, False),
    ("1", "daemon", 6, 7, True),
    ("1", "daemon", 6, 8, False),
)
"""Owner and group to come, the numbers that were read, and whether what is to go is still 6 and 7."""


@pytest.mark.root
@each_shell
def test_hostile_paths_get_mode_and_owner(shell: str, tmp_path: Path) -> None:
    """Whatever a file is called, its mode and owner are set, and no other file's."""
    (tmp_path / "stays").touch(0o640)
    for name in hostile.NAMES:
        (tmp_path / name).touch(0o644)
    paths = [f"{tmp_path}/{name}" for name in hostile.NAMES]
    carry_out([SetOwner(path=path, owner="1", group="bin", before="?") for path in paths], shell)
    carry_out([SetMode(path=path, before=0o644, after=0o600) for path in paths], shell)
    found = [(tmp_path / name).stat() for name in hostile.NAMES]
    assert {(each.st_uid, each.st_gid, each.st_mode & 0o7777) for each in found} == {(1, 2, 0o600)}
    assert ((tmp_path / "stays").stat().st_uid, mode_of(tmp_path / "stays")) == (0, 0o640)


OWNERS = {
    ("daemon", None): (1, 7),
    (None, "bin"): (6, 2),
    ("daemon", "bin"): (1, 2),
    ("4000001", "4000002"): (4_000_001, 4_000_002),
    ("0", "0"): (0, 0),
}


@pytest.mark.root
@each_shell
@pytest.mark.parametrize(("named", "numbers"), OWNERS.items())
def test_owner_and_group_are_set_by_name_or_number(
    shell: str, named: tuple[str | None, str | None], numbers: tuple[int, int], tmp_path: Path
) -> None:
    """What is not named stays."""
    path = tmp_path / "file"
    path.touch()
    os.chown(path, 6, 7)
    carry_out([SetOwner(path=str(path), owner=named[0], group=named[1], before="?")], shell)
    assert (path.stat().st_uid, path.stat().st_gid) == numbers


@each_shell
@pytest.mark.parametrize("drift", ["link", "dangling", "gone"])
def test_a_path_that_changed_is_left_alone(shell: str, drift: str, tmp_path: Path) -> None:
    """What has become a link is not followed, what is gone is not missed: nothing at all is changed."""
    (tmp_path / "secret").touch(0o600)
    path = tmp_path / "it's \\c"
    if drift != "gone":
        path.symlink_to("secret" if drift == "link" else "nowhere")
    before = tree(tmp_path)
    effects: list[Effect] = [
        SetMode(path=str(path), before=0o644, after=0o666),
        SetOwner(path=str(path), owner="daemon", group=None, before="?"),
    ]
    for effect in effects:
        with pytest.raises(Drifted, match="it is gone" if drift == "gone" else "it has become a link"):
            effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
def test_what_may_not_be_done_fails(shell: str, public_path: Path) -> None:
    """Who does not own a file cannot change its mode or owner; a user that is not there cannot own one."""
    (public_path / "file").touch()
    before = tree(public_path)
    effects: list[Effect] = [
        SetMode(path=f"{public_path}/file", before=0o644, after=0o666),
        SetOwner(path=f"{public_path}/file", owner="nobody", group=None, before="?"),
        SetOwner(path=f"{public_path}/file", owner="no such user", group=None, before="?"),
        SetOwner(path=f"{public_path}/file", owner=None, group="-R", before="?"),
    ]
    for effect in effects:
        with pytest.raises(TaskFailed, match="failed: set the"):
            effect.judge(run(effect.script(), shell, through=NOBODY))
    assert tree(public_path) == before


def test_the_numbers_of_names_are_not_foretold() -> None:
    """Of a name the number is unknown, of a number the name; the rest of the status stays."""
    before = Known(PathStatus(kind="file", mode=0o644, owner="a", group="b", uid=6, gid=7, size=3))
    named = SetOwner(path="/f", owner="daemon", group=None, before="?").foretell(FileStatus("/f"), before)
    numbered = SetOwner(path="/f", owner=None, group="12", before="?").foretell(FileStatus("/f"), before)
    assert isinstance(named, Known)
    assert isinstance(numbered, Known)
    assert (named.value.owner, named.value.group, named.value.gid) == ("daemon", "b", 7)
    assert isinstance(named.value.uid, Unknown)
    assert (numbered.value.owner, numbered.value.uid, numbered.value.gid) == ("a", 6, 12)
    assert isinstance(numbered.value.group, Unknown)


def test_content_is_not_touched() -> None:
    """Mode and owner say nothing about what a file holds."""
    before = Known("text")
    effects: list[Effect] = [
        SetMode(path="/f", before=0, after=0o644),
        SetOwner(path="/f", owner="x", group=None, before="?"),
    ]
    for effect in effects:
        assert effect.foretell(Text("/f"), before) is before
        assert effect.foretell(FileStatus("/g"), before) is before


def test_before_and_after_are_shown() -> None:
    """A diff has one line with both; what is not known is a question mark."""
    assert SetMode(path="/f", before=0o644, after=0o4755).diff() == "~ mode /f 0644 -> 4755\n"
    assert SetMode(path="/f", before=Unknown("x"), after=0).diff() == "~ mode /f (not known) -> 0000\n"
    assert SetOwner(path="/f", owner="a", group="b", before="c:d").diff() == "~ owner /f c:d -> a:b\n"
    assert SetOwner(path="/f", owner=None, group="b", before="?").diff() == "~ owner /f (not known) -> :b\n"


@pytest.mark.root
@pytest.mark.parametrize(("owner", "group", "program"), [("1", None, "chown"), (None, "1", "chgrp")])
def test_a_link_put_there_in_between_leads_to_no_other_file(
    owner: str | None, group: str | None, program: str, tmp_path: Path
) -> None:
    """Whoever owns the directory exchanges the file for a link, just before it is given away."""
    path, other, tools = tmp_path / "path", tmp_path / "other", tmp_path / "tools"
    path.touch()
    other.touch()
    tools.mkdir()
    real = shutil.which(program)
    (tools / program).write_text(f'#!/bin/sh\nrm -f {path}; ln -s {other} {path}; exec {real} "$@"\n')
    (tools / program).chmod(0o755)
    effect = SetOwner(path=str(path), owner=owner, group=group, before="?")
    LocalHost(through=("env", f"PATH={tools}:{os.environ['PATH']}")).ask([effect.script()], deadline=60)
    assert path.is_symlink()
    assert (other.stat().st_uid, other.stat().st_gid) == (0, 0)
