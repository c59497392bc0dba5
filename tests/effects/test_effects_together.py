"""Files that are written as one: by few programs where all is as usual, and never otherwise than alone."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from local_host import NOBODY, SHELLS, old_path, run, tree
from needs import require
from ordering import alone, at_once, write
from programs import started

from remediate.effects.base import Effect
from remediate.effects.in_order import carried_out, in_order
from remediate.effects.paths import Link, MakeDirectory, RemovePath
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.together import AT_ONCE, groups
from remediate.facts.files import PathStatus

each_shell = pytest.mark.parametrize("shell", SHELLS)
SMALL = ("sh", "-c", 'trap "" 25; ulimit -f 64; exec "$@"', "sh")
"""A limit of 32 KB a file, as on a full disk."""
TOGETHER = ["ls", "cksum", "mv", "mv", "mv", "mv"]
COPIED = ["cp", "cp", *TOGETHER]
each_knowledge = pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
"""Whether it is known which mode the files have that are replaced."""


def usual(folder: Path, *, known: bool = True) -> list[Effect]:
    """Two files that are replaced, with the mode that they had when they were read, and two that are made."""
    for name in "ac":
        (folder / name).write_text("old")
        (folder / name).chmod(0o640)
    names = {"a": "old", "b": None, "c": "old", "d": None}
    was = PathStatus(kind="file", mode=0o640) if known else None
    return [write(folder / name, before, f"new {name}\n", was=was) for name, before in names.items()]


@each_knowledge
def test_what_all_need_is_done_once(known: bool, tmp_path: Path) -> None:
    """Two files replaced and two made take six programs in place of fourteen, or eight."""
    folder = tmp_path / "tree"
    folder.mkdir()
    programs = started(in_order(usual(folder, known=known)), tmp_path / "bin")
    assert programs == (TOGETHER if known else COPIED)
    assert [(folder / name).read_text() for name in "abcd"] == [f"new {name}\n" for name in "abcd"]
    assert [(folder / name).stat().st_mode & 0o777 for name in "abcd"] == [0o640, 0o644, 0o640, 0o644]
    assert len(list(folder.iterdir())) == 4


def test_what_stands_between_files_comes_in_its_turn(tmp_path: Path) -> None:
    """A new directory, a new link, the mode and owner of a file: the files are one group still."""
    folder = tmp_path / "tree"
    folder.mkdir()
    a, b, c, d = usual(folder)
    mode = SetMode(path=str(folder / "b"), before=0o644, after=0o600)
    owner = SetOwner(path=str(folder / "a"), owner=str(os.getuid()), group=None, before="?")
    between = [MakeDirectory(path=str(folder / "e")), Link(path=str(folder / "f"), target="a", before=None)]
    effects = [a, owner, b, mode, *between, c, d]
    programs = started(in_order(effects), tmp_path / "bin")
    assert programs[:2] == TOGETHER[:2]
    assert programs[2:] == ["mv", "ls", "mv", "ls", "chmod", "mkdir", "ls", "ln", "mv", "mv"]
    assert (folder / "b").stat().st_mode & 0o777 == 0o600
    assert (folder / "d").read_text() == "new d\n"


def test_what_depends_on_others_is_not_of_their_group() -> None:
    """A file in a directory that is made before, the same file again, what removes, and all too many."""

    def sizes(*effects: Effect) -> list[int]:
        return [len(group.effects) for group in groups(effects)]

    one, two = write("/d/a", "old", "new"), write("/d/b", "old", "new")
    gone = RemovePath(path="/d/l", kind="link")
    again = Link(path="/d/l", target="a", before="b")
    assert sizes(one, two) == [2]
    assert sizes(one, two, one) == [2, 1]
    assert sizes(one, gone, two) == [1, 1, 1]
    assert sizes(gone, one, two) == [1, 2]
    assert sizes(one, again, two) == [1, 1, 1]
    assert sizes(MakeDirectory(path="/d"), one, two) == [1, 2]
    assert sizes(MakeDirectory(path="/e"), one, two) == [3]
    assert sizes(SetMode(path="/d/b", before=0, after=1), one, two) == [1, 2]
    assert sizes(one, SetMode(path="/d/b", before=0, after=1), two) == [1, 1, 1]
    assert sizes(one, write("/d/two words", "old", "new"), two) == [1, 1, 1]
    many = [write(f"/d/{number}", "old", "new") for number in range(AT_ONCE + 1)]
    assert sizes(*many) == [AT_ONCE, 1]
    assert sizes() == []


def drifted(path: Path) -> None:
    """Somebody writes the file."""
    path.write_text("other")


def is_a_link(path: Path) -> None:
    """It is a link to a file that holds the same."""
    path.rename(path.with_name("behind"))
    path.symlink_to("behind")


def has_two_names(path: Path) -> None:
    """It is one file with another."""
    path.with_name("other").hardlink_to(path)


def is_gone(path: Path) -> None:
    """Nothing is there."""
    path.unlink(missing_ok=True)


def is_a_directory(path: Path) -> None:
    """A directory is there."""
    path.unlink(missing_ok=True)
    path.mkdir()


def is_a_pipe(path: Path) -> None:
    """What has no end is there."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def may_be_run(path: Path) -> None:
    """It has another mode, with what writing may clear."""
    path.touch()
    path.chmod(0o4755)


def is_a_dangling_link(path: Path) -> None:
    """Nothing is behind it."""
    path.unlink(missing_ok=True)
    path.symlink_to("nowhere")


ODD = [drifted, is_a_link, has_two_names, is_gone, is_a_directory, is_a_pipe, is_a_dangling_link, may_be_run]


@each_shell
@each_knowledge
@pytest.mark.parametrize("name", "abcd")
@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_as_usual_is_as_each_alone(
    shell: str, known: bool, name: str, odd: Callable[[Path], None], tmp_path: Path
) -> None:
    """Whichever it is: the same is done, the same is left, and a refusal has the same words."""
    if name in "bd" and odd in (is_a_link, has_two_names):
        return  # nothing is there that could be so
    results = []
    for how in (at_once, alone):
        folder = tmp_path / "tree"
        folder.mkdir()
        effects = usual(folder, known=known)
        odd(folder / name)
        results.append((how(effects, shell), tree(folder)))
        folder.rename(tmp_path / how.__name__)
    assert results[0] == results[1]


@each_shell
@pytest.mark.parametrize("name", ["same/a", "./a"])
def test_a_file_by_two_names_is_one(shell: str, name: str, tmp_path: Path) -> None:
    """What is done by one of them is found by the other, whatever was read before the first step."""
    results = []
    for how in (at_once, alone):
        folder = tmp_path / "tree"
        folder.mkdir()
        (folder / "same").symlink_to(".")
        usual(folder)
        effects = [write(folder / "a", "old", "new"), write(f"{folder}/{name}", "old", "newer")]
        results.append((how([*effects, write(folder / "d", None, "")], shell), tree(folder)))
        folder.rename(tmp_path / how.__name__)
    assert results[0] == results[1]
    assert results[0][0][0] == 1


@each_shell
def test_a_copy_that_is_kept_is_not_written_through_a_link(shell: str, tmp_path: Path) -> None:
    """Its name can be guessed: what somebody has put there is replaced, and what it leads to left alone."""
    for how in (at_once, alone):
        folder = tmp_path / how.__name__
        folder.mkdir()
        usual(folder)
        (folder / "his").write_text("his")
        (folder / "a.now~").symlink_to("his")
        effects = [write(folder / "a", "old", "new", backup=True), write(folder / "d", None, "")]
        assert how(effects, shell)[0] == 2
        assert (folder / "his").read_text() == "his"
        assert (folder / "a.now~").read_text() == "old"
        assert not (folder / "a.now~").is_symlink()
        assert not [*folder.glob(".remediate-*")]


@each_shell
@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_appears_meanwhile_is_left_alone(shell: str, kind: str, tmp_path: Path) -> None:
    """Between the looks and the last step of a file somebody makes it: all before it are done, none after."""
    effects = usual(tmp_path)
    made = f"test -f {tmp_path}/.*e-x || {'echo his >' if kind == 'file' else 'mkdir'} {tmp_path}/b"
    text = in_order(effects).replace("test ! -d", f"{made}; test ! -d", 1)
    done, failed = carried_out(effects, run(text, shell))
    assert (done, "it has appeared" in str(failed)) == (1, True)
    assert [(tmp_path / name).read_text() for name in "ac"] == ["new a\n", "old"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "c"]


@each_shell
def test_a_last_step_that_fails_leaves_nothing_beside(shell: str, tmp_path: Path) -> None:
    """Nor does what stands between files; the words and the status are those of what failed."""
    effects = usual(tmp_path)
    text = in_order(effects).replace(f"{tmp_path}/c'; t='{tmp_path}/", f"{tmp_path}/c'; t='/nowhere/", 1)
    done, failed = carried_out(effects, run(text, shell))
    assert (done, "/nowhere/" in str(failed)) == (2, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]
    assert (tmp_path / "c").read_text() == "old"
    for name in "abc":
        (tmp_path / name).unlink()
    effects = usual(tmp_path)
    effects.insert(2, MakeDirectory(path=str(tmp_path / "b")))
    assert at_once(effects, shell)[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


@each_shell
@pytest.mark.parametrize("content", ["x" * 100_000, "x\n" * 50_000, "\0" * 100_000])
@pytest.mark.parametrize("place", range(4))
def test_a_full_disk_stops_where_it_would_alone(shell: str, content: str, place: int, tmp_path: Path) -> None:
    """Those before the one that does not arrive are done, and nothing is left beside it."""
    effects = usual(tmp_path)
    name, before = "abcd"[place], "old" if place in (0, 2) else None
    effects[place] = write(tmp_path / name, before, content)
    done, failed = at_once(effects, shell, through=SMALL)
    assert (done, "the new content did not arrive whole" in str(failed)) == (place, True)
    there = {*"ac", *"abcd"[:place]}
    assert {path.name for path in tmp_path.iterdir()} == there
    assert [path.read_text() for path in map(tmp_path.joinpath, "abcd"[:place])] == [
        f"new {name}\n" for name in "abcd"[:place]
    ]


@pytest.mark.root
@each_shell
@each_knowledge
@pytest.mark.parametrize("mode", [0o666, 0o644, 0o600])
def test_the_file_of_another_user_is_as_alone(shell: str, known: bool, mode: int, public_path: Path) -> None:
    """What this user may not own is written into, or refused."""
    results = []
    for how in (at_once, alone):
        folder = public_path / "tree"
        folder.mkdir()
        folder.chmod(0o777)
        effects = usual(folder, known=known)
        (folder / "c").chmod(mode)
        os.chown(folder / "a", 65534, 65534)
        results.append((how(effects, shell, through=NOBODY), tree(folder)))
        folder.rename(public_path / how.__name__)
    assert results[0] == results[1]
    assert results[0][0][0] == (4 if mode == 0o666 else 2)


@each_shell
@each_knowledge
@pytest.mark.parametrize("mode", [0o2755, 0o755, 0o600, 0o444, 0o622])
def test_owner_mode_and_backup_are_as_alone(shell: str, known: bool, mode: int, tmp_path: Path) -> None:
    """A file keeps who owns it and its mode, also in the copy that is kept of it."""
    folder = tmp_path / "tree"
    results = []
    for how in (at_once, alone):
        folder.mkdir()
        _, b, c, _ = usual(folder, known=known)
        (folder / "a").chmod(mode)
        was = PathStatus(kind="file", mode=mode) if known else None
        effects = [
            write(folder / "a", "old", "new", backup=True, was=was),
            b,
            c,
            write(folder / "e", None, "", mode=0o750),
        ]
        if os.getuid() == 0:
            os.chown(folder / "c", 1, 2)
        results.append((how(effects, shell), tree(folder)))
        folder.rename(tmp_path / how.__name__)
    assert results[0] == results[1]
    assert results[0][0] == (4, None)
    assert (tmp_path / "at_once" / "a.now~").read_text() == "old"


def test_the_tools_of_busybox_serve_as_well(tmp_path: Path) -> None:
    """What its ls prints is understood: no file is written alone."""
    require("busybox")
    folder, tools = tmp_path / "tree", tmp_path / "bin"
    folder.mkdir()
    through = old_path(tools)
    for name in ("ls", "cp", "mv", "chmod"):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(str(shutil.which("busybox")))
    effects = usual(folder)
    text = in_order(effects).replace("else\nrm -f", "else\nexit 9\nrm -f")
    assert carried_out(effects, run(text, through=through)) == (4, None)


def test_where_ls_tells_nothing_each_is_written_alone(tmp_path: Path) -> None:
    """Its lines may be others than those that are known."""
    folder, tools = tmp_path / "tree", tmp_path / "bin"
    folder.mkdir()
    through = old_path(tools)
    ls = shutil.which("ls")
    (tools / "ls").unlink()
    (tools / "ls").write_text(f'#!/bin/sh\ncase $1 in *i*) exit 0;; esac\nexec {ls} "$@"\n')
    (tools / "ls").chmod(0o755)
    effects = usual(folder)
    assert carried_out(effects, run(in_order(effects), through=through)) == (4, None)
    assert [(folder / name).read_text() for name in "abcd"] == [f"new {name}\n" for name in "abcd"]
