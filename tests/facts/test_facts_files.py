"""What is asked of files is what is there, whatever the names and however odd the file."""

import os
import stat
from pathlib import Path

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, answer, answers, tree

from remediate.bourne import encode
from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.facts.cksum import cksum
from remediate.facts.files import TEXT_LIMIT, FileStatus, FileText, Listing, PathStatus, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)


@pytest.fixture
def locked(public_path: Path) -> Path:
    """A directory that nobody else may enter, with a file in it."""
    inner = public_path / "locked"
    inner.mkdir(mode=0o700)
    (inner / "file").write_text("secret")
    return inner


@each_shell
def test_hostile_names_are_answered(shell: str, tmp_path: Path) -> None:
    """Text, status and listing are right for every hostile name, and asking changes nothing."""
    for name in hostile.NAMES:
        (tmp_path / name).write_bytes(encode(f"in {name}"))
    before = tree(tmp_path)
    assert answer(Listing(str(tmp_path)), shell) == tuple(sorted(hostile.NAMES))
    paths = [f"{tmp_path}/{name}" for name in hostile.NAMES]
    texts = [FileText.holding(f"in {name}") for name in hostile.NAMES]
    assert answers([Text(path) for path in paths], shell) == texts
    found = answers([FileStatus(path) for path in paths], shell)
    assert [(each.kind, each.size) for each in found] == [("file", text.size) for text in texts]
    assert tree(tmp_path) == before


@each_shell
def test_hostile_directories_are_answered(shell: str, tmp_path: Path) -> None:
    """A directory with a hostile name is listed, and is no file."""
    for name in hostile.NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "-in\nside").touch()
    paths = [f"{tmp_path}/{name}" for name in hostile.NAMES]
    assert set(answers([Listing(path) for path in paths], shell)) == {("-in\nside",)}
    assert {found.kind for found in answers([FileStatus(path) for path in paths], shell)} == {"directory"}
    assert set(answers([Text(path) for path in paths], shell)) == {FileText(kind="other")}


@each_shell
def test_hostile_targets_of_links_are_answered(shell: str, tmp_path: Path) -> None:
    """Where a link points is told exactly, even if its own name looks like an arrow."""
    links = [tmp_path / f"{number} -> x\n -> y" for number, _ in enumerate(hostile.NAMES)]
    for link, name in zip(links, hostile.NAMES, strict=True):
        link.symlink_to(name)
    found = answers([FileStatus(str(link)) for link in links], shell)
    assert [(each.kind, each.target, each.size) for each in found] == [
        ("link", name, 0) for name in hostile.NAMES
    ]
    dangling = set(answers([Text(str(link)) for link in links], shell))
    assert dangling == {FileText(kind="other")}, "a dangling link is not absent"


@each_shell
@pytest.mark.parametrize(
    "content", ["", "one", "a\n\n", "\0\0", "\udcff\udcfe", "FILE 1 2\nABSENT\n", "x" * 100_000]
)
def test_text_is_what_the_file_holds(shell: str, content: str, tmp_path: Path) -> None:
    """Content, checksum and size are the file's, also through a link."""
    (tmp_path / "file").write_bytes(encode(content))
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        assert answer(Text(f"{tmp_path}/{name}"), shell) == FileText.holding(content)


@each_shell
def test_a_large_file_is_summed_and_not_read(shell: str, tmp_path: Path) -> None:
    """Above the limit the content stays on the host; up to it, it is read."""
    for size, read in ((TEXT_LIMIT, True), (TEXT_LIMIT + 1, False)):
        (tmp_path / "large").write_bytes(b"x" * size)
        found = answer(Text(f"{tmp_path}/large"), shell)
        assert (found.size, found.checksum) == (size, cksum(b"x" * size))
        assert (found.content is not None) is read
        assert found == FileText.holding("x" * size)


@each_shell
def test_what_is_absent_is_absent(shell: str, tmp_path: Path) -> None:
    """A missing path, and one below a file, are absent to every question."""
    (tmp_path / "file").touch()
    for path in (f"{tmp_path}/none", f"{tmp_path}/no/ne", f"{tmp_path}/file/none"):
        assert answer(Text(path), shell) == FileText(kind="absent")
        assert answer(FileStatus(path), shell) == PathStatus(kind="absent")
        assert answer(Listing(path), shell) is None
    assert answer(Listing(f"{tmp_path}/file"), shell) is None


@each_shell
@pytest.mark.parametrize("kind", [Text, FileStatus, Listing])
def test_what_is_forbidden_is_never_absent(
    shell: str, kind: type[Text | FileStatus | Listing], locked: Path
) -> None:
    """A path behind a closed door is an error with a cure, whether there is something or not."""
    for path in (locked / "file", locked / "none", locked / "no" / "ne"):
        with pytest.raises(TaskFailed, match="may not be read by this user") as failed:
            answer(kind(str(path)), shell, through=NOBODY)
        assert "become" in (failed.value.cure or "")


@each_shell
def test_what_may_not_be_read_is_an_error(shell: str, locked: Path) -> None:
    """A file without the right to read, and a directory without the right to list, are no empty answers."""
    assert answer(FileStatus(str(locked)), shell, through=NOBODY).kind == "directory"
    with pytest.raises(TaskFailed, match="may not be read"):
        answer(Listing(str(locked)), shell, through=NOBODY)
    locked.chmod(0o755)
    (locked / "file").chmod(0o600)
    with pytest.raises(TaskFailed, match="may not be read"):
        answer(Text(str(locked / "file")), shell, through=NOBODY)


@each_shell
def test_links_in_a_circle_are_an_error_to_what_lies_below(shell: str, tmp_path: Path) -> None:
    """What `ls` cannot look at for another reason is not absent either."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(TaskFailed, match="cannot be read"):
        answer(FileStatus(f"{tmp_path}/one/below"), shell)
    assert answer(FileStatus(f"{tmp_path}/one"), shell).target == "two"


@each_shell
def test_every_bit_of_a_mode_is_told(shell: str, tmp_path: Path) -> None:
    """Set-user-ID, set-group-ID and sticky bits are told, with and without execution."""
    modes = [0o000, 0o644, 0o755, 0o4755, 0o2755, 0o1777, 0o7777, 0o4644, 0o2644, 0o1666, 0o7000]
    for mode in modes:
        (tmp_path / f"file{mode}").touch()
        (tmp_path / f"file{mode}").chmod(mode)
        (tmp_path / f"folder{mode}").mkdir()
        (tmp_path / f"folder{mode}").chmod(mode)
    for kind in ("file", "folder"):
        found = answers([FileStatus(f"{tmp_path}/{kind}{mode}") for mode in modes], shell)
        assert [each.mode for each in found] == modes


@pytest.mark.root
@each_shell
def test_owners_without_a_name_are_numbers(shell: str, tmp_path: Path) -> None:
    """Where passwd and group have no entry, the number stands for the name too."""
    path = tmp_path / "file"
    path.touch()
    os.chown(path, 4_000_001, 4_000_002)
    found = answer(FileStatus(str(path)), shell)
    assert (found.owner, found.group, found.uid, found.gid) == ("4000001", "4000002", 4_000_001, 4_000_002)


@pytest.mark.root
@each_shell
def test_owners_have_names_and_numbers(shell: str, tmp_path: Path) -> None:
    """Owner and group are told by name and by number."""
    path = tmp_path / "file"
    path.touch()
    os.chown(path, 1, 2)
    found = answer(FileStatus(str(path)), shell)
    assert (found.owner, found.group, found.uid, found.gid) == ("daemon", "bin", 1, 2)


@each_shell
def test_devices_and_pipes_are_other(shell: str, tmp_path: Path) -> None:
    """What is neither file, directory nor link is told as such, and never opened."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (str(pipe), "/dev/null", "/dev/tty"):
        assert answer(FileStatus(path), shell).kind == "other"
        assert answer(Text(path), shell) == FileText(kind="other")
    assert answer(FileStatus("/dev/null"), shell).mode == stat.S_IMODE(Path("/dev/null").stat().st_mode)


@each_shell
def test_the_root_is_a_directory(shell: str) -> None:
    """The root can be asked like any other directory."""
    assert answer(FileStatus("/"), shell).kind == "directory"
    assert "etc" in answer(Listing("/"), shell)


@settings(max_examples=40)
@given(shell=st.sampled_from(sorted(SHELLS)), names=st.sets(hostile.names, max_size=8))
def test_any_names_are_listed(shell: str, names: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """A directory's names are told one by one, whatever is in them."""
    folder = tmp_path_factory.mktemp("names")
    for name in names:
        (folder / name).touch()
    assert answer(Listing(str(folder)), shell) == tuple(sorted(names))


def test_words_that_are_no_status_are_refused() -> None:
    """An `ls` that answers otherwise than POSIX says fails the task with what it said."""
    with pytest.raises(TaskFailed, match="cannot read what ls says of /x: 'what"):
        FileStatus("/x").parse(Output(status=0, stdout=b"what\nis this"))


@pytest.mark.parametrize(("group", "size"), [("domain users", 7), ("7 of 17", 7), ("users", 1), ("x", 2022)])
def test_a_group_may_have_blanks_and_numbers_in_its_name(group: str, size: int) -> None:
    """The size, which the line of numbers tells, ends the name, wherever else its digits stand."""
    lines = f"-rw-r--r-- 1 root {{}}  {size} Nov 22 2022 /a {size} b\n"
    said = (lines.format(group) + lines.replace("root", "0").format("100")).encode()
    status = FileStatus(f"/a {size} b").parse(Output(status=0, stdout=said))
    assert (status.owner, status.group, status.gid, status.size) == ("root", group, 100, size)


@pytest.mark.parametrize("fact", [Text("/a/b"), FileStatus("/a/b"), Listing("/a/b")])
def test_a_question_knows_what_concerns_it(fact: Text | FileStatus | Listing) -> None:
    """A change of the path or of a directory above concerns it; a name that only begins alike does not."""
    assert [fact.reads(path) for path in ("/a/b", "/a", "/")] == [True] * 3
    assert [fact.reads(path) for path in ("/a/bc", "/b", "domino:/a/b")] == [False] * 3


def test_a_listing_is_concerned_by_its_names() -> None:
    """A change of something in the directory may change the names, one deeper down may not."""
    assert Listing("/a/b").reads("/a/b/c")
    assert Listing("/").reads("/a")
    assert not Listing("/a/b").reads("/a/b/c/d")
