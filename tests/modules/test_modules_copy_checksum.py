"""copy with a checksum: the right package or nothing, compared by its sum, of any size and any bytes."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from module_view import Here, Told, built, carry_out, refusal

from remediate.effects.base import Effect
from remediate.effects.permissions import SetMode
from remediate.effects.upload import Upload
from remediate.errors import TaskFailed
from remediate.facts.digest import Digest, FileDigest
from remediate.facts.files import FileStatus, PathStatus
from remediate.modules.copy import LARGEST

PACKAGE = bytes(range(256)) * 20_000 + b"\0"
SUM = "sha256:" + hashlib.sha256(PACKAGE).hexdigest()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package on the controller that is larger than what goes as text."""
    path = tmp_path / "package.tar"
    path.write_bytes(PACKAGE)
    return path


def test_it_is_staged_once(package: Path, tmp_path: Path) -> None:
    """The file is made with its bytes and mode, its sum is registered, and then nothing is left to do."""
    module = built("copy", src=str(package), dest=f"{tmp_path}/staged", checksum=SUM, mode="0600")
    (effect,) = carry_out(module)
    assert isinstance(effect, Upload)
    assert (tmp_path / "staged").read_bytes() == PACKAGE
    assert (tmp_path / "staged").stat().st_mode & 0o7777 == 0o600
    expected = {"dest": f"{tmp_path}/staged", "checksum": SUM, "size": len(PACKAGE)}
    assert module.report(Here(), []) == expected


def test_a_directory_gets_the_sources_name(package: Path, tmp_path: Path) -> None:
    """A destination with a slash at its end is the directory; a sum in capitals is the same sum."""
    (tmp_path / "d").mkdir()
    sum_in_capitals = "sha256:" + SUM[7:].upper()
    carry_out(built("copy", src=str(package), dest=f"{tmp_path}/d/", checksum=sum_in_capitals))
    assert (tmp_path / "d" / "package.tar").read_bytes() == PACKAGE


@pytest.mark.root
def test_an_old_file_lends_its_mode_and_owner(package: Path, tmp_path: Path) -> None:
    """What the task does not name stays as it was with the file before."""
    old = tmp_path / "old"
    old.write_bytes(b"old")
    old.chmod(0o4711)
    os.chown(old, 1, 2)
    old.chmod(0o4711)
    carry_out(built("copy", src=str(package), dest=str(old), checksum=SUM))
    status = old.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1, 2, 0o4711)


def test_the_right_file_only_gets_its_mode(package: Path, tmp_path: Path) -> None:
    """A file with the right sum is not sent again; what else the task demands is done."""
    (tmp_path / "there").write_bytes(PACKAGE)
    (tmp_path / "there").chmod(0o644)
    (effect,) = carry_out(
        built("copy", src=str(package), dest=f"{tmp_path}/there", checksum=SUM, mode="0400")
    )
    assert isinstance(effect, SetMode)


def test_the_wrong_file_is_refused_before_any_host_is_asked(package: Path) -> None:
    """Both sums, the path and the cure are told."""
    wrong = "sha256:" + "0" * 64
    said = refusal_of(src=str(package), dest="/f", checksum=wrong)
    assert str(package) in said
    assert SUM[7:] in said
    assert "0" * 64 in said
    assert "get the file again" in said


def refusal_of(**params: Any) -> str:
    """What is said of a package that is refused while it is looked for."""
    with pytest.raises(TaskFailed) as failed:
        built("copy", **params)
    return str(failed.value)


def test_large_content_wants_a_checksum(tmp_path: Path) -> None:
    """Above a few megabytes text is refused, with the cure; at the limit it is still taken."""
    path = tmp_path / "large"
    path.write_bytes(b"x" * (LARGEST + 1))
    for params in (
        {"src": str(path)},
        {"content": "x" * (LARGEST + 1)},
        {"content": "ü" * (LARGEST // 2 + 1)},
    ):
        said = refusal_of(dest="/f", **params)
        assert "too large to go as text" in said
        assert 'checksum: "sha256:<64 hex digits>"' in said
    built("copy", dest="/f", content="x" * LARGEST)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"content": "x", "checksum": SUM}, "'checksum' goes with 'src'"),
        ({"checksum": SUM[7:]}, "must be sha256: and 64 hexadecimal digits"),
        ({"checksum": SUM + "0"}, "must be sha256: and 64 hexadecimal digits"),
        ({"checksum": "md5:" + "0" * 32}, "must be sha256: and 64 hexadecimal digits"),
        ({"timeout": 5}, "'timeout' goes with 'checksum'"),
        ({"checksum": SUM, "timeout": 0}, "'timeout' must be a number of seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused(params: dict[str, Any], said: str, package: Path) -> None:
    """The message says what is wrong, with the place of the task."""
    given = params if "content" in params else {"src": str(package), **params}
    if "checksum" not in params:
        given = {"content": "x", **params}
    assert said in refusal("copy", dest="/f", **given)


def told(digest: FileDigest, status: PathStatus, module: Any) -> list[Effect]:
    """What is decided on a host that answers so."""
    facts = list(module.probe())
    here = PathStatus(kind="directory")
    answers = {
        f: digest if isinstance(f, Digest) else status if f == FileStatus("/d/f") else here for f in facts
    }
    return list(module.decide(Told(answers)))


def test_what_is_no_regular_file_is_not_replaced(package: Path) -> None:
    """A directory, and a link unless it leads to the right content, are left alone."""
    module = built("copy", src=str(package), dest="/d/f", checksum=SUM)
    link = PathStatus(kind="link", target="x")
    for digest, status in (
        (FileDigest(kind="other"), PathStatus(kind="directory")),
        (FileDigest(kind="absent"), link),
        (FileDigest(kind="file", sha256="0" * 64), link),
    ):
        with pytest.raises(TaskFailed, match=r"is no regular file|is a link"):
            told(digest, status, module)
    assert told(FileDigest(kind="file", sha256=SUM[7:]), link, module) == []


def test_without_force_a_file_stays(package: Path) -> None:
    """`force: false` makes a missing file and never changes one that is there."""
    module = built("copy", src=str(package), dest="/d/f", checksum=SUM, force=False)
    file = PathStatus(kind="file", mode=0o644)
    assert told(FileDigest(kind="file", sha256="0" * 64), file, module) == []
    assert len(told(FileDigest(kind="absent"), PathStatus(kind="absent"), module)) == 1


def test_a_missing_directory_is_told(package: Path, tmp_path: Path) -> None:
    """A plan does not promise what cannot be done."""
    module = built("copy", src=str(package), dest=f"{tmp_path}/none/f", checksum=SUM)
    with pytest.raises(TaskFailed, match=r"the directory .*none is not there"):
        list(module.decide(Here()))


def test_the_deadline_can_be_named(package: Path) -> None:
    """`timeout` counts for the sending; else the size decides."""
    absent = FileDigest(kind="absent"), PathStatus(kind="absent")
    for timeout, seconds in ((7, 7.0), (None, 60 + len(PACKAGE) / 100_000)):
        module = built("copy", src=str(package), dest="/d/f", checksum=SUM, timeout=timeout)
        (effect,) = told(*absent, module)
        assert effect.deadline == seconds
