"""WriteFile refuses what changed in between, and leaves the old content where it cannot write the new."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from local_host import NOBODY, SHELLS, run, tree

from remediate.effects.write import WriteFile
from remediate.errors import Drifted, TaskFailed
from remediate.facts.files import FileText

each_shell = pytest.mark.parametrize("shell", SHELLS)
ABSENT = FileText(kind="absent")
SMALL = ("sh", "-c", 'trap "" 25; ulimit -f 64; exec "$@"', "sh")
"""A limit of 32 KB a file; with signal 25 (SIGXFSZ) ignored, writing fails as it does on a full disk."""


@pytest.fixture
def folder(public_path: Path) -> Path:
    """A directory in which everybody may write."""
    public_path.chmod(0o777)
    return public_path


def write(path: Path | str, before: str | None, after: str, **options: int) -> WriteFile:
    """The effect, for a file that held `before` (None: that was absent)."""
    seen = ABSENT if before is None else FileText.holding(before)
    return WriteFile(path=str(path), before=seen, after=after, **options)  # type: ignore[arg-type]


def another_content(path: Path) -> None:
    """Somebody writes the file."""
    path.write_text("other")


def the_same_size(path: Path) -> None:
    """Somebody writes the file with as many bytes."""
    path.write_text("olD")


def gone(path: Path) -> None:
    """Somebody removes the file."""
    path.unlink()


def a_directory(path: Path) -> None:
    """Somebody makes a directory of it."""
    path.unlink()
    path.mkdir()


def a_dangling_link(path: Path) -> None:
    """Somebody makes a link of it that points nowhere."""
    path.unlink()
    path.symlink_to("nowhere")


def a_link_to_another(path: Path) -> None:
    """Somebody makes a link of it to a file that holds something else."""
    path.unlink()
    path.symlink_to("/etc/passwd")


@each_shell
@pytest.mark.parametrize(
    "drift", [another_content, the_same_size, gone, a_directory, a_dangling_link, a_link_to_another]
)
def test_a_file_that_changed_is_left_alone(shell: str, drift: Callable[[Path], None], tmp_path: Path) -> None:
    """If the file is no longer what was read, nothing at all is changed, and the failure says so."""
    path = tmp_path / "fi\nle"
    path.write_text("old")
    drift(path)
    before = tree(tmp_path)
    effect = write(path, "old", "new", backup=True)
    with pytest.raises(Drifted, match=r"(?s)not done: write .* its content has changed"):
        effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
@pytest.mark.parametrize("kind", ["file", "directory", "link", "socket"])
def test_what_appeared_is_left_alone(shell: str, kind: str, tmp_path: Path) -> None:
    """Where nothing was and now is something, nothing at all is changed."""
    path = tmp_path / "back\\slash"
    if kind == "link":
        path.symlink_to("nowhere")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    else:
        path.touch() if kind == "file" else path.mkdir()
    before = tree(tmp_path)
    effect = write(path, None, "new")
    with pytest.raises(Drifted, match="it has appeared"):
        effect.judge(run(effect.script(), shell))
    assert tree(tmp_path) == before


@each_shell
def test_what_appears_while_the_content_arrives_is_left_alone(shell: str, tmp_path: Path) -> None:
    """Between the first look and the last step somebody else makes the file: it stays as it is."""
    path = tmp_path / "file"
    effect = write(path, None, "new")
    script = effect.script().replace('mv -i "$t"', 'echo his > "$p"; mv -i "$t"')
    with pytest.raises(Drifted, match="it has appeared"):
        effect.judge(run(script, shell))
    assert path.read_text() == "his\n"
    assert list(tmp_path.iterdir()) == [path]


@each_shell
def test_what_changes_while_the_content_arrives_is_left_alone(shell: str, tmp_path: Path) -> None:
    """Between the first look and the last step somebody else writes the file: it stays as it is."""
    path = tmp_path / "file"
    path.write_text("old")
    effect = write(path, "old", "new\n")
    script = effect.script().replace("set x `cksum", 'echo his > "$p"; set x `cksum')
    with pytest.raises(Drifted, match="its content has changed"):
        effect.judge(run(script, shell))
    assert path.read_text() == "his\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.root
@each_shell
@pytest.mark.parametrize("before", [None, "old\n"])
def test_where_a_user_may_not_write_he_is_told_so(shell: str, before: str | None, public_path: Path) -> None:
    """It is not the disk that is full."""
    public_path.chmod(0o755)
    path = public_path / "file"
    if before is not None:
        path.write_text(before)
        path.chmod(0o644)
    effect = write(path, before, "new\n")
    with pytest.raises(TaskFailed) as failed:
        effect.judge(run(effect.script(), shell, through=NOBODY))
    assert f"this user may not write in {public_path}" in str(failed.value)
    assert "disk" not in str(failed.value)
    assert [each.read_text() for each in public_path.iterdir()] == ([] if before is None else [before])


@each_shell
@pytest.mark.parametrize("content", ["x" * 100_000, "x" * 100_000 + "\n", "\0" * 100_000])
@pytest.mark.parametrize("kind", ["file", "absent", "hard link", "link"])
def test_a_full_disk_leaves_the_old_content(shell: str, content: str, kind: str, tmp_path: Path) -> None:
    """Without room for the new content the old one stays, and nothing is left beside it."""
    path = tmp_path / "file"
    if kind != "absent":
        path.write_text("old\n")
    if kind == "hard link":
        (tmp_path / "other").hardlink_to(path)
    if kind == "link":
        path = tmp_path / "link"
        path.symlink_to("file")
    before = tree(tmp_path)
    effect = write(path, None if kind == "absent" else "old\n", content)
    with pytest.raises(TaskFailed, match="the new content did not arrive whole"):
        effect.judge(run(effect.script(), shell, through=SMALL))
    assert tree(tmp_path) == before


@each_shell
def test_a_disk_that_fills_up_half_way_gets_the_old_content_back(shell: str, tmp_path: Path) -> None:
    """If writing into the file itself fails, what it held is put back."""
    (tmp_path / "one").write_text("old\n" * 1000)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    before = tree(tmp_path)
    # The limit falls when the new content has arrived and is about to be copied into the file.
    effect = write(tmp_path / "one", "old\n" * 1000, "new\n" * 9000)
    script = effect.script().replace('elif cat "$n" > "$p"', 'elif prlimit --fsize=8192 cat "$n" > "$p"')
    assert "prlimit" in script
    with pytest.raises(TaskFailed, match="the old content has been put back"):
        effect.judge(run(script, shell))
    assert tree(tmp_path) == before


@each_shell
@pytest.mark.parametrize("content", ["", "new\n", "new", "\0"])
@pytest.mark.parametrize("before", [None, "old"])
def test_an_unwritable_directory_is_left_alone(
    shell: str, content: str, before: str | None, folder: Path
) -> None:
    """Where this user may not write, the task fails and all stays as it is."""
    if before is not None:
        (folder / "file").write_text(before)
    folder.chmod(0o555)
    old = tree(folder)
    effect = write(folder / "file", before, content)
    with pytest.raises(TaskFailed, match="failed: ") as failed:
        effect.judge(run(effect.script(), shell, through=NOBODY))
    assert not isinstance(failed.value, Drifted)
    assert tree(folder) == old


@each_shell
def test_an_unwritable_file_is_left_alone(shell: str, folder: Path) -> None:
    """A file of another user that this one may only read stays, and nothing is left beside it."""
    (folder / "file").write_text("old")
    (folder / "file").chmod(0o644)
    before = tree(folder)
    effect = write(folder / "file", "old", "new")
    with pytest.raises(TaskFailed, match="this user may not write it"):
        effect.judge(run(effect.script(), shell, through=NOBODY))
    assert tree(folder) == before
