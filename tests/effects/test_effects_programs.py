"""Changes start few programs on a host: it has more to do than the controller."""

from pathlib import Path

from programs import started

from remediate.effects.paths import MakeDirectory
from remediate.effects.permissions import SetMode
from remediate.effects.write import WriteFile
from remediate.facts.files import FileText, PathStatus


def test_a_file_is_replaced_with_four_programs(tmp_path: Path) -> None:
    """A copy with its owner and mode, a look at both, the sums of both, and the last step."""
    path = tmp_path / "file"
    path.write_text("old\n")
    effect = WriteFile(path=str(path), before=FileText.holding("old\n"), after="new\n")
    assert started(effect.script(), tmp_path / "bin") == ["cp", "ls", "cksum", "mv"]
    assert path.read_text() == "new\n"


def test_on_linux_a_file_of_its_own_user_is_replaced_with_three(tmp_path: Path) -> None:
    """The shell itself gives it the mode that it had when it was read, if that is its mode still."""
    path = tmp_path / "file"
    before, was = FileText.holding("old\n"), PathStatus(kind="file", mode=0o640)
    effect = WriteFile(path=str(path), before=before, after="new\n", was=was)
    for mode, programs in ((0o640, ["ls", "cksum", "mv"]), (0o604, ["ls", "rm", "cp", "ls", "cksum", "mv"])):
        path.write_text("old\n")
        path.chmod(mode)
        assert started(effect.script(), tmp_path / "bin") == programs
        assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", mode)
        assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["file"]


def test_a_file_is_made_with_three_programs(tmp_path: Path) -> None:
    """Its sum, its mode, and the last step; what is no short plain text needs others to be written."""
    contents = {"new\n": [], "a\\b\n": ["cat"], "-\n": ["cat"], "é\n": ["cat"]}
    ends = {"a\nb": ["cat", "tr"], "b": ["tr"], "": [], "x\n" * 20_000: ["cat"]}
    for number, (content, writes) in enumerate({**contents, **ends}.items()):
        path = tmp_path / f"file{number}"
        effect = WriteFile(path=str(path), before=FileText(kind="absent"), after=content)
        assert started(effect.script(), tmp_path / "bin") == [*writes, "cksum", "chmod", "mv"]
        assert path.read_text() == content


def test_a_directory_is_made_with_one_program(tmp_path: Path) -> None:
    """And its mode is set with two: where no set-group-ID bit is wrong, nothing takes it away."""
    path = tmp_path / "directory"
    made = MakeDirectory(path=str(path), mode=0o750)
    assert started(made.script(), tmp_path / "bin") == ["mkdir"]
    changed = SetMode(path=str(path), before=0o750, after=0o700)
    assert started(changed.script(), tmp_path / "bin") == ["ls", "chmod"]
    assert path.stat().st_mode & 0o7777 == 0o700
