"""Content on its way beside a file: only who may read the file may read it, and the file keeps all it has."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from local_host import NOBODY, SHELLS, run, tree
from needs import require
from ordering import alone, at_once, write

from remediate.effects.base import Effect
from remediate.effects.in_order import carried_out, in_order
from remediate.facts.files import PathStatus

each_shell = pytest.mark.parametrize("shell", SHELLS)


def two(folder: Path, mode: int = 0o640) -> list[Effect]:
    """A file that is replaced, as it was when it had this mode, and one that is made."""
    (folder / "a").write_text("old")
    (folder / "a").chmod(mode)
    was = PathStatus(kind="file", mode=mode)
    return [write(folder / "a", "old", "new a\n", was=was), write(folder / "b", None, "new b\n", mode=mode)]


def acl(*words: str | Path) -> str:
    """What setfacl or getfacl says; skips the test where they are missing."""
    require("setfacl", "getfacl")
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True).stdout


def gives_a_list(folder: Path) -> None:
    """The directory gives another user a way to all that is made in it, whatever the umask."""
    acl("setfacl", "-d", "-m", "u:1235:rw", folder)


def gives_a_group(folder: Path) -> None:
    """What is made in it is of the directory's group."""
    os.chown(folder, -1, 65534)
    folder.chmod(0o2755)


def is_shut(folder: Path) -> None:
    """Since the file was read, nobody but its owner may read it any more."""
    (folder / "a").chmod(0o600)


def has_a_list(folder: Path) -> None:
    """Another user may read the file, and one more what is made in the directory."""
    gives_a_list(folder)
    acl("setfacl", "-m", "u:1234:rw", folder / "a")


TRAPS = [gives_a_list, pytest.param(gives_a_group, marks=pytest.mark.root), is_shut, has_a_list]


@each_shell
@pytest.mark.parametrize("lone", [False, True], ids=["together", "alone"])
@pytest.mark.parametrize("trap", TRAPS)
def test_content_comes_only_where_its_readers_are_right(
    shell: str, lone: bool, trap: Callable[[Path], None], tmp_path: Path
) -> None:
    """When it comes, the file beside has owner, mode and list of the one that it will replace."""
    require("setfacl", "getfacl")
    folder, log = tmp_path / "tree", tmp_path / "log"
    folder.mkdir()
    effects = two(folder)
    trap(folder)
    look = 'ls -ldn "$n" 2>/dev/null && getfacl -nEcp "$n"'
    right = _readers(run(f"n={folder}/a; {look}").stdout.decode())
    text = str(effects[0].script()) if lone else in_order(effects)
    comes = "echo 'new a' > \"$n\"\n"
    assert text.count(comes) == 1
    assert run(text.replace(comes, f"{{ {look}; }} >>{log}\n{comes}"), shell).status == 0
    assert _readers(log.read_text()) == right
    assert _readers(run(f"n={folder}/a; {look}").stdout.decode()) == right
    assert (folder / "a").read_text() == "new a\n"
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []


def _readers(said: str) -> list[str]:
    """Mode, owner, group and list, of what `ls` and `getfacl` say."""
    first, *others = said.splitlines()
    mode, _, owner, group, *_ = first.split()
    return [mode, owner, group, *others]


@each_shell
@pytest.mark.parametrize("mode", [0o755, 0o750])
def test_lists_of_access_are_as_alone(shell: str, mode: int, tmp_path: Path) -> None:
    """That of a file is kept, and that which a directory gives to what is new does not widen a mode."""
    results = []
    for how in (at_once, alone):
        folder = tmp_path / "tree"
        folder.mkdir(mode=mode)
        effects = two(folder, 0o660)
        has_a_list(folder)
        done = how(effects, shell)
        results.append((done, acl("getfacl", "-nRp", folder), tree(folder)))
        folder.rename(tmp_path / how.__name__)
    assert results[0] == results[1]
    assert results[0][0] == (2, None)
    assert "user:1234:rw-" in acl("getfacl", "-np", tmp_path / "at_once" / "a")
    assert "1235" not in acl("getfacl", "-np", tmp_path / "at_once" / "a")


@pytest.mark.root
@each_shell
def test_whose_a_file_is_is_kept_where_the_directory_gives_another(shell: str, tmp_path: Path) -> None:
    """What is made in a directory with a set-group-ID bit has the directory's group."""
    results = []
    for how in (at_once, alone):
        folder = tmp_path / "tree"
        folder.mkdir()
        effects = two(folder)
        gives_a_group(folder)
        results.append((how(effects, shell), tree(folder)))
        folder.rename(tmp_path / how.__name__)
    assert results[0] == results[1]
    assert results[0][0] == (2, None)
    assert [(tmp_path / "alone" / name).stat().st_gid for name in "ab"] == [os.getgid(), 65534]


@pytest.mark.root
@each_shell
@pytest.mark.parametrize("mode", [0o444, 0o440, 0o644])
def test_what_its_owner_may_not_write_is_not_written(shell: str, mode: int, public_path: Path) -> None:
    """A read-only file is refused, although a new one could take its place."""
    folder = public_path / "tree"
    folder.mkdir()
    effects = two(folder, mode)
    for path in (folder, folder / "a"):
        os.chown(path, 65534, 65534)
    done, failed = carried_out(effects, run(in_order(effects), shell, through=NOBODY))
    refused = mode != 0o644
    assert (done, "this user may not write it" in str(failed)) == (0 if refused else 2, refused)
    assert (folder / "a").read_text() == ("old" if refused else "new a\n")


@each_shell
def test_nobody_elses_variables_are_believed(shell: str, tmp_path: Path) -> None:
    """Where ls tells nothing, what the environment holds is not taken for what it told."""
    folder, tools = tmp_path / "tree", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    (tools / "ls").write_text('#!/bin/sh\ncase $1 in *i*) exit 0;; esac\nexec /bin/ls "$@"\n')
    (tools / "ls").chmod(0o755)
    effects = two(folder)
    text = in_order(effects).replace("else\nrm -f", "else\nexit 9\nrm -f")
    through = ("env", f"PATH={tools}:{os.environ['PATH']}", "b0=x", "p0=x", "m=x")
    assert run(text, shell, through=through).status == 9
