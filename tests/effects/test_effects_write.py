"""WriteFile: exactly the new content, owner and mode kept, refused if the file is no longer what was read."""

import os
import re
import time
from pathlib import Path

import hostile
import pytest
from local_host import NOBODY, SHELLS, LocalHost, answer, run, tree

from remediate.answers import Known, Provisional, Unknown
from remediate.bourne import encode
from remediate.effects.write import WriteFile
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)
ABSENT = FileText(kind="absent")


@pytest.fixture
def folder(public_path: Path) -> Path:
    """A directory in which everybody may write."""
    public_path.chmod(0o777)
    return public_path


def write(path: Path | str, before: str | None, after: str, **options: int) -> WriteFile:
    """The effect, for a file that held `before` (None: that was absent)."""
    seen = ABSENT if before is None else FileText.holding(before)
    return WriteFile(path=str(path), before=seen, after=after, **options)  # type: ignore[arg-type]


def carry_out(effect: WriteFile, shell: str, *, through: tuple[str, ...] = ()) -> None:
    """Run the effect's script and let it judge."""
    assert effect.judge(run(effect.script(), shell, through=through)) == {}


@each_shell
def test_hostile_files_in_hostile_directories_are_written(shell: str, tmp_path: Path) -> None:
    """New files and changed ones hold the new content, whatever they are called, and nothing else changes."""
    effects = []
    for number, name in enumerate(hostile.NAMES):
        path = tmp_path / name / name
        path.parent.mkdir()
        if number % 2:
            path.write_text("old")
        effects.append(write(path, "old" if number % 2 else None, name))
    outputs = LocalHost(shell).ask([effect.script() for effect in effects], deadline=60)
    assert [effect.judge(output) for effect, output in zip(effects, outputs, strict=True)] == [{}] * len(
        effects
    )
    assert [Path(effect.path).read_bytes() for effect in effects] == [encode(name) for name in hostile.NAMES]
    assert len(tree(tmp_path)) == 2 * len(hostile.NAMES)


@each_shell
@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_a_new_file_has_its_mode_whatever_the_umask(shell: str, umask: str, tmp_path: Path) -> None:
    """0644 unless another one is given; the umask of the host does not count."""
    under = ("sh", "-c", f'umask {umask}; exec "$@"', "sh")
    carry_out(write(tmp_path / "plain", None, "x"), shell, through=under)
    carry_out(write(tmp_path / "mode", None, "x", mode=0o4750), shell, through=under)
    assert (tmp_path / "plain").stat().st_mode & 0o7777 == 0o644
    assert (tmp_path / "mode").stat().st_mode & 0o7777 == 0o4750


@pytest.mark.root
@each_shell
@pytest.mark.parametrize("mode", [0o600, 0o444, 0o755, 0o4755, 0o2711])
def test_owner_and_mode_of_an_existing_file_stay(shell: str, mode: int, tmp_path: Path) -> None:
    """Content changes; who owns the file and what may be done with it does not."""
    path = tmp_path / "file"
    path.write_text("old")
    os.chown(path, 1, 4_000_001)
    path.chmod(mode)
    before = path.stat()
    carry_out(write(path, "old", "new"), shell)
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1, 4_000_001, mode)
    assert status.st_ino != before.st_ino, "replaced in one step: nobody reads half of it"
    assert path.read_text() == "new"


@pytest.mark.root
@each_shell
def test_the_file_of_another_user_stays_his(shell: str, folder: Path) -> None:
    """A user who may write the file but not own it writes into it, and it stays the owner's."""
    path = folder / "file"
    path.write_text("old")
    os.chown(path, 1, 1)
    path.chmod(0o666)
    before = path.stat()
    carry_out(write(path, "old", "new"), shell, through=NOBODY)
    status = path.stat()
    assert (status.st_ino, status.st_uid, status.st_mode) == (before.st_ino, 1, before.st_mode)
    assert path.read_text() == "new"
    assert list(folder.iterdir()) == [path]


@each_shell
@pytest.mark.parametrize("name", ["one", "one 1 0\n* 0"])
def test_a_file_with_several_names_stays_one_file(shell: str, name: str, tmp_path: Path) -> None:
    """Written under one of its names, the file holds the new content under the other too."""
    one = tmp_path / name
    one.write_text("old")
    (tmp_path / "two").hardlink_to(one)
    carry_out(write(one, "old", "new"), shell)
    assert (tmp_path / "two").read_text() == "new"
    assert one.samefile(tmp_path / "two")
    assert len(list(tmp_path.iterdir())) == 2


@each_shell
@pytest.mark.parametrize("name", ["one", "one 1 0\n* 0"])
def test_a_file_is_replaced_in_one_step(shell: str, name: str, tmp_path: Path) -> None:
    """Nobody reads half of it, whatever it is called."""
    path = tmp_path / name
    path.write_text("old")
    before = path.stat().st_ino
    carry_out(write(path, "old", "new\n"), shell)
    assert path.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [path]


@each_shell
def test_a_link_stays_a_link(shell: str, tmp_path: Path) -> None:
    """Written through a link, the content goes into the file behind it."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    carry_out(write(tmp_path / "link", "old", "new"), shell)
    assert (tmp_path / "link").readlink() == Path("file")
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@each_shell
def test_a_backup_is_the_old_file(shell: str, tmp_path: Path) -> None:
    """With `backup` the old content stays beside the file, with its mode and the time in its name."""
    path = tmp_path / "it's"
    path.write_text("old")
    path.chmod(0o640)
    before = time.strftime("%Y")
    carry_out(write(path, "old", "new", backup=True), shell)
    (kept,) = (other for other in tmp_path.iterdir() if other != path)
    assert kept.name.startswith((f"it's.{before}", f"it's.{time.strftime('%Y')}"))
    assert kept.name.endswith("~")
    assert (kept.read_text(), kept.stat().st_mode & 0o7777) == ("old", 0o640)
    assert path.read_text() == "new"


def test_what_only_the_host_can_tell_is_not_foretold() -> None:
    """Owner of a new file, names after a backup, set-id bits after writing: unknown until applied."""
    new = write("/d/f", None, "x", mode=0o600)
    match new.foretell(FileStatus("/d/f"), Known(PathStatus(kind="absent"))):
        case Known(PathStatus(kind="file", mode=0o600, size=1, owner=Unknown(), uid=Unknown())):
            pass
        case other:
            pytest.fail(str(other))
    kept = write("/d/f", "old", "x", backup=True)
    assert isinstance(kept.foretell(Listing("/d"), Known(("f",))), Unknown)
    match kept.foretell(FileStatus("/d/f"), Known(PathStatus(kind="file", mode=0o4755, size=3))):
        case Known(PathStatus(mode=Unknown(), size=1)):
            pass
        case other:
            pytest.fail(str(other))


def test_what_has_nothing_to_do_with_the_file_stays_known() -> None:
    """Other paths keep their answers; a command's answer becomes provisional."""
    effect = write("/d/f", "old", "new")
    for fact in (Text("/d/g"), FileStatus("/d"), Listing("/e"), FileStatus("/d/f2")):
        before = Known("as it was")
        assert effect.foretell(fact, before) is before
    command = CommandOutput(CommandLine(argv=("cat", "/d/f")))
    assert isinstance(effect.foretell(command, Known("x")), Provisional)


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_large_content_is_foretold_as_it_will_be_asked(size: int, tmp_path: Path) -> None:
    """Above the limit of what is read, content is foretold by its sum alone, as the host will answer."""
    effect = write(tmp_path / "large", None, "x" * size)
    carry_out(effect, "dash")
    path = f"{tmp_path}/large"
    assert effect.foretell(Text(path), Known(ABSENT)) == Known(answer(Text(path)))


def test_no_name_on_the_way_tells_the_next_one(tmp_path: Path) -> None:
    """Who sees the copy of the old content cannot put a link where the new one will come."""
    scripts = [write(tmp_path / "file", "old", "new").script() for _ in range(2)]
    names = [each for script in scripts for each in {*re.findall(r"\.remediate-[^'\"\s;/]*", script)}]
    assert len({*names}) == len(names) == 4
    assert all(re.fullmatch(r"\.remediate-[0-9a-f]{16}", name) for name in names)
