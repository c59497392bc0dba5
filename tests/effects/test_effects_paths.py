"""RemovePath, MakeDirectory and Link: exactly what was decided on, and nothing if that has changed."""

import os
from collections.abc import Callable
from pathlib import Path

import hostile
import pytest
from local_host import NOBODY, SHELLS, LocalHost, answer, run, tree

from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory, RemovePath, removal
from remediate.effects.write import RemoveFile
from remediate.errors import Drifted, TaskFailed
from remediate.facts.files import FileStatus, FileText, Kind, PathStatus

each_shell = pytest.mark.parametrize("shell", SHELLS)


def carry_out(effects: list[Effect], shell: str) -> None:
    """Run the effects' scripts and let them judge."""
    outputs = LocalHost(shell).ask([effect.script() for effect in effects], deadline=60)
    for effect, output in zip(effects, outputs, strict=True):
        assert effect.judge(output) == {}


def make(path: Path, kind: Kind) -> None:
    """Put something of this kind there."""
    match kind:
        case "file":
            path.write_text("old")
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to("old target")
        case "other":
            os.mkfifo(path)


@each_shell
def test_hostile_paths_are_removed_alone(shell: str, tmp_path: Path) -> None:
    """A file goes, whatever it is called, and what only begins alike stays."""
    (tmp_path / "stays").write_text("x")
    for name in hostile.NAMES:
        (tmp_path / name).write_text("old")
    lost = FileText.holding("old")
    carry_out([RemoveFile(path=f"{tmp_path}/{n}", content=lost) for n in hostile.NAMES], shell)
    assert [path.name for path in tmp_path.iterdir()] == ["stays"]


@each_shell
def test_a_directory_is_removed_with_hostile_names_in_it(shell: str, tmp_path: Path) -> None:
    """All below goes, but not what links in it point to."""
    (tmp_path / "stays").mkdir()
    (tmp_path / "stays" / "file").write_text("x")
    for name in hostile.NAMES:
        inner = tmp_path / "goes" / name
        inner.mkdir(parents=True)
        (inner / name).write_text("x")
        (inner / f"l{name}").symlink_to(tmp_path / "stays")
    carry_out([RemovePath(path=f"{tmp_path}/goes", kind="directory")], shell)
    assert set(tree(tmp_path)) == {b"stays", b"stays/file"}


@each_shell
def test_a_link_is_removed_and_not_what_it_points_to(shell: str, tmp_path: Path) -> None:
    """Removing a link to a directory leaves the directory as it is."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "dangling").symlink_to("nowhere")
    carry_out([RemovePath(path=f"{tmp_path}/{name}", kind="link") for name in ("link", "dangling")], shell)
    assert set(tree(tmp_path)) == {b"folder", b"folder/file"}


@each_shell
@pytest.mark.parametrize("found", ["file", "directory", "link", "other", "absent"])
@pytest.mark.parametrize("kind", ["file", "directory", "link", "other"])
def test_what_became_something_else_is_not_removed(
    shell: str, kind: Kind, found: Kind, tmp_path: Path
) -> None:
    """Only what is still of the kind that was seen is removed; otherwise nothing at all is changed."""
    make(tmp_path / "path", found)
    before = tree(tmp_path)
    effect = removal(f"{tmp_path}/path", PathStatus(kind=kind), None)
    if kind == found or (kind == "other" and found in ("file", "directory")):
        return  # the same kind; and `other` promises only that something is there
    with pytest.raises(Drifted, match=f"it is not the {kind} it was"):
        effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
def test_a_file_with_other_content_is_not_removed(shell: str, tmp_path: Path) -> None:
    """What the diff showed as lost is what is lost: other content stays."""
    (tmp_path / "file").write_text("other")
    effect = RemoveFile(path=f"{tmp_path}/file", content=FileText.holding("old"))
    with pytest.raises(Drifted, match="its content has changed"):
        effect.judge(run(effect.script(), shell))
    assert (tmp_path / "file").read_text() == "other"


@pytest.mark.root
@each_shell
def test_hostile_directories_are_made(shell: str, tmp_path: Path) -> None:
    """A directory of any name is made, with exactly its mode whatever the umask and the directory above."""
    tmp_path.chmod(0o2775)
    os.chown(tmp_path, 0, 1)
    modes = [0o755, 0o700, 0o2775, 0o1777, 0o000]
    pairs = [(name, modes[number % len(modes)]) for number, name in enumerate(hostile.NAMES)]
    carry_out([MakeDirectory(path=f"{tmp_path}/{name}", mode=mode) for name, mode in pairs], shell)
    assert [(n, (tmp_path / n).stat().st_mode & 0o7777) for n, _ in pairs] == pairs


@each_shell
@pytest.mark.parametrize("kind", ["file", "directory", "link", "other"])
def test_no_directory_or_link_is_made_where_something_is(shell: str, kind: Kind, tmp_path: Path) -> None:
    """What has appeared stays as it is."""
    make(tmp_path / "path", kind)
    before = tree(tmp_path)
    effects: list[Effect] = [
        MakeDirectory(path=f"{tmp_path}/path"),
        Link(path=f"{tmp_path}/path", target="x", before=None),
    ]
    for effect in effects:
        with pytest.raises(Drifted, match="it has appeared"):
            effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
def test_hostile_links_point_where_they_should(shell: str, tmp_path: Path) -> None:
    """New and changed links of any name point to exactly their target, and only that changes."""
    names = list(zip(hostile.NAMES, reversed(hostile.NAMES), strict=True))
    carry_out([Link(path=f"{tmp_path}/{n}", target=target, before=None) for n, target in names], shell)
    assert [os.readlink(tmp_path / n) for n, _ in names] == [target for _, target in names]  # noqa: PTH115
    carry_out([Link(path=f"{tmp_path}/{n}", target=n, before=target) for n, target in names], shell)
    assert [os.readlink(tmp_path / n) for n, _ in names] == [n for n, _ in names]  # noqa: PTH115
    assert len(tree(tmp_path)) == len(names)


@each_shell
def test_a_link_to_a_directory_is_replaced_itself(shell: str, tmp_path: Path) -> None:
    """The new link stands in the place of the old one, not in the directory that the old one points to."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    carry_out([Link(path=f"{tmp_path}/link", target="new", before="folder")], shell)
    assert (tmp_path / "link").readlink() == Path("new")
    assert list((tmp_path / "folder").iterdir()) == []


@each_shell
@pytest.mark.parametrize("found", ["file", "directory", "other", "absent", "link"])
def test_a_link_that_changed_is_not_replaced(shell: str, found: Kind, tmp_path: Path) -> None:
    """If the link is gone, is something else, or points elsewhere, nothing at all is changed."""
    make(tmp_path / "path", found)
    before = tree(tmp_path)
    for target in ("another", "target", "old targe", "old target\n", "*", ""):
        effect = Link(path=f"{tmp_path}/path", target="new", before=target)
        with pytest.raises(Drifted):
            effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
def test_what_may_not_be_done_fails_and_changes_nothing(shell: str, public_path: Path) -> None:
    """In a directory where this user may not write, each effect fails with the host's words."""
    (public_path / "file").write_text("old")
    (public_path / "folder").mkdir()
    (public_path / "link").symlink_to("x")
    before = tree(public_path)
    effects: list[Effect] = [
        RemoveFile(path=f"{public_path}/file"),
        RemovePath(path=f"{public_path}/folder", kind="directory"),
        RemovePath(path=f"{public_path}/link", kind="link"),
        MakeDirectory(path=f"{public_path}/new"),
        Link(path=f"{public_path}/new", target="x", before=None),
        Link(path=f"{public_path}/link", target="y", before="x"),
    ]
    for effect in effects:
        with pytest.raises(TaskFailed, match=r"(?s)failed: .*[Pp]ermission denied") as failed:
            effect.judge(run(effect.script(), shell, through=NOBODY))
        assert not isinstance(failed.value, Drifted)
    assert tree(public_path) == before


@each_shell
def test_a_directory_below_nothing_is_not_made(shell: str, tmp_path: Path) -> None:
    """One directory is made, not those above it."""
    effect = MakeDirectory(path=f"{tmp_path}/no/where")
    with pytest.raises(TaskFailed, match="failed: make directory"):
        effect.judge(run(effect.script(), shell))
    assert answer(FileStatus(f"{tmp_path}/no"), shell).kind == "absent"


DIFFS: list[tuple[Callable[[], Effect], str]] = [
    (lambda: RemovePath(path="/a", kind="directory"), "- directory /a\n"),
    (
        lambda: RemoveFile(path="/a", content=FileText.holding("x\n")),
        "--- /a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
    ),
    (lambda: MakeDirectory(path="/a", mode=0o700), "+ directory /a mode 0700\n"),
    (lambda: Link(path="/a", target="t", before=None), "+ link /a -> t\n"),
    (lambda: Link(path="/a", target="t", before="s"), "- link /a -> s\n+ link /a -> t\n"),
]


@pytest.mark.parametrize(("effect", "diff"), DIFFS)
def test_what_goes_and_what_comes_is_shown(effect: Callable[[], Effect], diff: str) -> None:
    """A diff has a line for what goes and one for what comes."""
    assert effect().diff() == diff
