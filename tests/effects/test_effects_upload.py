"""Upload: any bytes arrive whole or not at all, guarded, with mode and owner, and nothing is left."""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, LocalHost, old_path, tree

from remediate.answers import Known, Unknown
from remediate.effects.local_file import LocalFile, measure
from remediate.effects.upload import Upload, patience
from remediate.errors import Drifted, TaskFailed
from remediate.facts.cksum import cksum
from remediate.facts.digest import Digest, FileDigest
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)
ABSENT = FileDigest(kind="absent")
SMALL = ("sh", "-c", 'trap "" 25; ulimit -f 64; exec "$@"', "sh")
"""A limit of 32 KB a file; with signal 25 (SIGXFSZ) ignored, writing fails as it does on a full disk."""
PACKAGE = random.Random(3).randbytes(300_000) + b"\0\r\n\xff"  # noqa: S311


@pytest.fixture
def package(tmp_path: Path) -> LocalFile:
    """A file to send that no here-document could carry."""
    return local(tmp_path, PACKAGE)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where it goes to."""
    (tmp_path / "there").mkdir()
    return tmp_path / "there" / "it's a\\file"


def local(folder: Path, content: bytes) -> LocalFile:
    """A file on the controller."""
    (folder / "package").write_bytes(content)
    return measure(folder / "package")


def seen(content: bytes) -> FileDigest:
    """What a host says of a file with this content."""
    return FileDigest(kind="file", size=len(content), cksum=cksum(content), sha256="0" * 64)


def upload(path: Path | str, source: LocalFile, before: FileDigest = ABSENT, **options: Any) -> Upload:
    """The effect."""
    values: dict[str, Any] = {"mode": 0o644, "owner": None, "group": None, **options}
    return Upload(path=str(path), before=before, source=source, **values)


def send(effect: Upload, shell: str = "dash", *, through: tuple[str, ...] = ()) -> None:
    """Carry it out on this machine."""
    output = LocalHost(shell, through=through).send(effect.script(), effect.feed(), deadline=60)
    effect.judge(output)
    assert output.stdout == b""


def test_any_content_arrives(tmp_path: Path) -> None:
    """Whatever bytes a package holds, the file on the host holds the same."""
    path = tmp_path / "there"

    @given(st.binary(max_size=100_000) | st.binary().map(lambda piece: piece * 1000))
    @settings(max_examples=40)
    def hold(content: bytes) -> None:
        path.unlink(missing_ok=True)
        send(upload(path, local(tmp_path, content)))
        assert path.read_bytes() == content

    hold()


@each_shell
@pytest.mark.parametrize("tools", ["all", "old"])
@pytest.mark.parametrize("before", [None, b"old\0"])
def test_it_arrives_under_every_shell(
    shell: str, tools: str, before: bytes | None, *, package: LocalFile, target: Path, tmp_path: Path
) -> None:
    """New and in a file's place, with tools for SHA-256 and without: the content, the mode, and no more."""
    if before is not None:
        target.write_bytes(before)
    effect = upload(target, package, ABSENT if before is None else seen(before), mode=0o640)
    send(effect, shell, through=old_path(tmp_path / "bin") if tools == "old" else ())
    assert target.read_bytes() == PACKAGE
    assert target.stat().st_mode & 0o7777 == 0o640
    assert os.listdir(target.parent) == [target.name]  # noqa: PTH208


def test_hostile_names_are_taken(package: LocalFile, tmp_path: Path) -> None:
    """A file of any name is put into its place."""
    for name in (*hostile.NAMES, "lpt$vpn.999"):
        send(upload(f"{tmp_path}/{name}", package))
        assert (tmp_path / name).read_bytes() == PACKAGE


@each_shell
@pytest.mark.root
def test_mode_and_owner_are_there_from_the_first_moment(shell: str, package: LocalFile, target: Path) -> None:
    """Names and numbers are understood, set-id bits survive the change of owner."""
    send(upload(target, package, mode=0o6750, owner="daemon", group="2"), shell)
    status = target.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1, 2, 0o6750)


@each_shell
def test_who_owns_it_already_need_not_give_it_away(shell: str, package: LocalFile, public_path: Path) -> None:
    """A user without rights may name himself as the owner, and nobody else; then nothing is left behind."""
    public_path.chmod(0o777)
    send(upload(public_path / "mine", package, owner="65534", group="65534"), shell, through=NOBODY)
    with pytest.raises(TaskFailed, match=r"(?s)failed: upload .*not permitted"):
        send(upload(public_path / "not", package, owner="0"), shell, through=NOBODY)
    assert [each.name for each in public_path.iterdir()] == ["mine"]


def another_content(path: Path) -> None:
    """Somebody writes the file."""
    path.write_bytes(b"olD")


def gone(path: Path) -> None:
    """Somebody removes the file."""
    path.unlink()


def a_link(path: Path) -> None:
    """Somebody makes a link of it, to a file with the same content."""
    path.rename(f"{path}.moved")
    path.symlink_to(f"{path}.moved")


@each_shell
@pytest.mark.parametrize("drift", [another_content, gone, a_link])
def test_what_changed_is_left_alone(
    shell: str, drift: Callable[[Path], None], package: LocalFile, target: Path
) -> None:
    """If the file is no longer what was seen, nothing is changed, and the failure says so."""
    target.write_bytes(b"old")
    drift(target)
    before = tree(target.parent)
    with pytest.raises(Drifted, match=r"(?s)not done: upload .*(content has changed|become a link)"):
        send(upload(target, package, seen(b"old")), shell)
    assert tree(target.parent) == before


@each_shell
@pytest.mark.parametrize("before", [None, b"old"])
def test_what_changes_while_it_is_sent_is_left_alone(
    shell: str, before: bytes | None, package: LocalFile, target: Path
) -> None:
    """The guard is asked again when all has arrived: whoever wrote meanwhile keeps what he wrote."""
    if before is not None:
        target.write_bytes(before)

    def pieces() -> Iterator[bytes]:
        yield from package.pieces()
        target.write_bytes(b"somebody's")

    effect = upload(target, package, ABSENT if before is None else seen(before))
    output = LocalHost(shell).send(effect.script(), pieces(), deadline=60)
    with pytest.raises(Drifted):
        effect.judge(output)
    assert {each: each.read_bytes() for each in target.parent.iterdir()} == {target: b"somebody's"}


@each_shell
@pytest.mark.parametrize("before", [None, b"old"])
def test_a_full_disk_leaves_all_as_it_was(
    shell: str, before: bytes | None, package: LocalFile, target: Path
) -> None:
    """Without room for it the old file stays, nothing is left beside it, and the failure names the reason."""
    if before is not None:
        target.write_bytes(before)
    old = tree(target.parent)
    with pytest.raises(TaskFailed, match=r"(?s)failed: upload .*(too large|whole)") as failed:
        send(upload(target, package, ABSENT if before is None else seen(before)), shell, through=SMALL)
    assert not isinstance(failed.value, Drifted)
    assert "\n" not in str(failed.value).replace(str(target), "")
    assert tree(target.parent) == old


@each_shell
@pytest.mark.parametrize("kept", [0, 1, 65536, len(PACKAGE) - 1])
def test_what_is_cut_short_is_not_taken(shell: str, kept: int, package: LocalFile, target: Path) -> None:
    """Where the bytes end early, as when a connection is lost, nothing is put in place or left."""
    effect = upload(target, package)
    output = LocalHost(shell).send(effect.script(), [PACKAGE[:kept]], deadline=60)
    with pytest.raises(TaskFailed, match="it did not arrive whole"):
        effect.judge(output)
    assert list(target.parent.iterdir()) == []


@pytest.mark.root
@each_shell
def test_where_a_user_may_not_write_he_is_told_so(shell: str, package: LocalFile, public_path: Path) -> None:
    """It is not the disk that is full."""
    public_path.chmod(0o755)
    with pytest.raises(TaskFailed) as failed:
        send(upload(public_path / "file", package), shell, through=NOBODY)
    assert f"this user may not write in {public_path}" in str(failed.value)
    assert "disk" not in str(failed.value)


@each_shell
def test_what_arrives_changed_is_not_taken(shell: str, package: LocalFile, target: Path) -> None:
    """One other bit on the way is found out before the file is in its place."""
    effect = upload(target, package)
    wrong = bytes([PACKAGE[0] ^ 1]) + PACKAGE[1:]
    with pytest.raises(TaskFailed, match="it did not arrive whole"):
        effect.judge(LocalHost(shell).send(effect.script(), [wrong], deadline=60))
    other = replace(package, sha256="1" * 64)
    effect = upload(target, other)
    with pytest.raises(TaskFailed, match="another SHA-256"):
        effect.judge(LocalHost(shell).send(effect.script(), [PACKAGE], deadline=60))
    assert list(target.parent.iterdir()) == []


@each_shell
def test_a_directory_that_may_not_be_written_is_left_alone(
    shell: str, package: LocalFile, public_path: Path
) -> None:
    """The failure is the host's own word."""
    with pytest.raises(TaskFailed, match=r"failed: upload "):
        send(upload(public_path / "file", package), shell, through=NOBODY)
    assert list(public_path.iterdir()) == []


@each_shell
def test_a_backup_is_kept(shell: str, package: LocalFile, target: Path) -> None:
    """With `backup` the old file stays beside the new one."""
    target.write_bytes(b"old")
    send(upload(target, package, seen(b"old"), backup=True), shell)
    assert sorted(each.read_bytes() for each in target.parent.iterdir()) == sorted([PACKAGE, b"old"])


@each_shell
def test_a_backup_is_not_written_through_a_link(shell: str, package: LocalFile, target: Path) -> None:
    """Its name is the time: what somebody has put there for each second to come is replaced."""
    target.write_bytes(b"old")
    his = target.parent / "his"
    his.write_bytes(b"his")
    for second in range(60):
        at = time.strftime("%Y%m%d-%H%M%S", time.localtime(time.time() + second))
        Path(f"{target}.{at}~").symlink_to(his)
    send(upload(target, package, seen(b"old"), backup=True), shell)
    assert his.read_bytes() == b"his"
    kept = [each for each in target.parent.iterdir() if each.name.endswith("~") and not each.is_symlink()]
    assert [each.read_bytes() for each in kept] == [b"old"]


def rewritten(path: Path) -> None:
    """The local file gets another content of the same size."""
    path.write_bytes(PACKAGE[::-1])


def shortened(path: Path) -> None:
    """The local file gets shorter."""
    path.write_bytes(PACKAGE[:-1])


def removed(path: Path) -> None:
    """The local file goes."""
    path.unlink()


@pytest.mark.parametrize("change", [rewritten, shortened, removed])
def test_a_package_that_changed_since_is_refused(
    change: Callable[[Path], None], package: LocalFile, target: Path
) -> None:
    """What is sent must still have the sum that was measured: else nothing is put in place."""
    change(Path(package.path))
    with pytest.raises(TaskFailed, match=r"changed while it was sent|cannot be read"):
        send(upload(target, package))
    assert list(target.parent.iterdir()) == []


def test_the_last_piece_of_a_changed_package_is_never_sent(package: LocalFile) -> None:
    """A package that changed is not even sent whole."""
    rewritten(Path(package.path))
    sent: list[bytes] = []
    with pytest.raises(TaskFailed):
        sent.extend(package.pieces())
    assert len(b"".join(sent)) < len(PACKAGE)


def test_the_change_is_shown_without_its_content(package: LocalFile) -> None:
    """One line with size and sum; with what was there, its size."""
    what = f"{len(PACKAGE)} bytes sha256:{package.sha256} mode 0600 owner root:2\n"
    options: dict[str, Any] = {"mode": 0o600, "owner": "root", "group": "2"}
    assert upload("/f", package, **options).diff() == f"+ /f {what}"
    assert upload("/f", package, seen(b"old"), **options).diff() == f"~ /f 3 bytes -> {what}"
    assert upload("/f", package).diff().endswith("mode 0644\n")
    assert upload("/f", package).summary() == f"upload /f ({len(PACKAGE)} bytes)"


def test_it_is_given_time_by_its_size() -> None:
    """A minute, and what a slow line needs."""
    assert patience(0) == 60
    assert patience(60_000_000) == 660


def test_what_it_foretells(package: LocalFile) -> None:
    """Sum, status and name are known, a small text is not, a large one by its checksum; others stay."""
    effect = upload("/d/f", package, mode=0o600, owner="notes", group="20")
    why = Unknown(effect.summary())
    digest = FileDigest(kind="file", size=package.size, cksum=package.cksum, sha256=package.sha256)
    question = Digest(path="/d/f", size=1, cksum=1)
    assert effect.foretell(question, Known(ABSENT)) == Known(digest)
    assert effect.foretell(Listing("/d"), Known(("a",))) == Known(("a", "f"))
    assert isinstance(effect.foretell(Text("/d/f"), Known(FileText(kind="absent"))), Unknown)
    large = replace(effect, source=replace(package, size=1 << 21))
    expected = FileText(kind="file", checksum=package.cksum, size=1 << 21)
    assert large.foretell(Text("/d/f"), Known(FileText(kind="absent"))) == Known(expected)
    status = effect.foretell(FileStatus("/d/f"), Known(PathStatus(kind="absent")))
    assert isinstance(status, Known)
    found = status.value
    assert (found.kind, found.mode, found.size, found.owner, found.gid) == (
        "file",
        0o600,
        package.size,
        "notes",
        20,
    )
    assert found.uid.why == why.why
    other = Known(PathStatus(kind="absent"))
    assert effect.foretell(FileStatus("/d/g"), other) is other


def test_a_local_file_is_measured_once_for_all_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file is not read again for each host; another content is."""
    first = local(tmp_path, b"one")
    opened: list[Path] = []
    original = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *words, **more: opened.append(path) or original(path, *words, **more)
    )
    assert measure(tmp_path / "package") == first
    assert opened == []
    assert local(tmp_path, b"other").size == 5


def test_a_local_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With its path and the reason."""
    with pytest.raises(TaskFailed, match="none cannot be read: No such file"):
        measure(tmp_path / "none")
