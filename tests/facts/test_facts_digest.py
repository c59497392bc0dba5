"""The digest of a file is the true one, with whatever tool a host has, and without any."""

import hashlib
import os
from pathlib import Path

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, LocalHost, old_path, tree

from remediate.bourne import encode
from remediate.engine.asking import Refused, ask
from remediate.errors import TaskFailed
from remediate.facts.base import Follow, Output
from remediate.facts.cksum import Cksum, cksum
from remediate.facts.digest import Digest, FileDigest

each_shell = pytest.mark.parametrize("shell", SHELLS)
SUM = hashlib.sha256(b"x").hexdigest()
MEGABYTE = 1024 * 1024


def expecting(path: Path | str, content: bytes) -> Digest:
    """The question whether a file holds this."""
    return Digest(path=str(path), size=len(content), cksum=cksum(content))


def holding(content: bytes, *, summed: bool = True) -> FileDigest:
    """The answer of a host on which a file does."""
    sha256 = hashlib.sha256(content).hexdigest() if summed else None
    return FileDigest(kind="file", size=len(content), cksum=cksum(content), sha256=sha256)


@each_shell
def test_hostile_names_are_summed(shell: str, tmp_path: Path) -> None:
    """The sum is the content's, whatever the file is called, and asking changes nothing."""
    for name in hostile.NAMES:
        (tmp_path / name).write_bytes(encode(name) + b"\0")
    before = tree(tmp_path)
    questions = {name: expecting(tmp_path / name, b"") for name in hostile.NAMES}
    found = ask(LocalHost(shell), list(questions.values()), None)
    for name, question in questions.items():
        assert found[question] == holding(encode(name) + b"\0")
    assert tree(tmp_path) == before


@each_shell
@pytest.mark.parametrize("size", [0, 1, MEGABYTE - 1, MEGABYTE, 2 * MEGABYTE + 5])
def test_without_any_tool_the_content_itself_is_the_proof(shell: str, size: int, tmp_path: Path) -> None:
    """On a host that cannot sum, a file that may be the expected one is read back and summed here."""
    content = os.urandom(size)
    path = tmp_path / "it's $one"
    path.write_bytes(content)
    host = LocalHost(shell, through=old_path(tmp_path / "bin"))
    question = expecting(path, content)
    assert ask(host, [question], None) == {question: holding(content)}
    assert len(host.sent) == 1 + max(1, -(-size // MEGABYTE))


def test_without_any_tool_another_file_is_not_read_back(tmp_path: Path) -> None:
    """Another size or checksum is proof enough of another content."""
    path = tmp_path / "file"
    path.write_bytes(b"old!")
    host = LocalHost(through=old_path(tmp_path / "bin"))
    question = expecting(path, b"new!")
    assert ask(host, [question], None) == {question: holding(b"old!", summed=False)}
    assert len(host.sent) == 1


def test_equal_checksums_alone_are_no_proof(tmp_path: Path) -> None:
    """A file of the expected size and cksum, but of another content, is told apart without any tool."""
    one, other = collision()
    path = tmp_path / "file"
    path.write_bytes(other)
    question = expecting(path, one)
    found = ask(LocalHost(through=old_path(tmp_path / "bin")), [question], None)[question]
    assert (found.size, found.cksum) == (len(one), cksum(one))
    assert found.sha256 == hashlib.sha256(other).hexdigest() != hashlib.sha256(one).hexdigest()


def collision() -> tuple[bytes, bytes]:
    """Two texts of one size and POSIX checksum: a CRC is linear, so its own polynomial changes nothing."""
    one = bytes(9)
    other = (0x104C11DB7 << 8).to_bytes(9, "big")
    assert cksum(one) == cksum(other)
    return one, other


@pytest.mark.parametrize(
    "said",
    [
        f"{SUM}  -\n",
        f"{SUM}\n",
        f"(stdin)= {SUM}\n",
        f"SHA256(stdin)= {SUM}\n",
        f"SHA2-256(stdin)= {SUM}\n",
        f"SHA256 (-) = {SUM}\n",
    ],
)
def test_the_words_of_every_tool_are_understood(said: str) -> None:
    """GNU, Perl, Solaris, the versions of OpenSSL, and AIX put different words around a sum."""
    output = Output(status=0, stdout=b"FILE 1 1\n" + said.encode())
    found = FileDigest(kind="file", cksum=1, size=1, sha256=SUM)
    assert Digest(path="/f", size=9, cksum=9).parse(output) == found


@pytest.mark.parametrize("said", ["", "\n", f"{SUM}0\n", f"{SUM[1:]}\n", "usage: digest\n"])
def test_what_is_no_sum_is_taken_for_none(said: str) -> None:
    """A tool that prints something else, such as a longer or a shorter sum, has not summed."""
    output = Output(status=0, stdout=b"FILE 1 1\n" + said.encode())
    assert isinstance(Digest(path="/f", size=1, cksum=1).parse(output), Follow)
    assert Digest(path="/f", size=2, cksum=1).parse(output) == FileDigest(kind="file", cksum=1, size=1)


@each_shell
def test_a_tool_that_is_something_else_is_passed_over(shell: str, tmp_path: Path) -> None:
    """A program called like a tool that prints no sum, or fails, leaves the next one its turn."""
    through = old_path(tmp_path / "bin")
    for name, text in (("sha256sum", "echo no; exit 0"), ("openssl", "exit 1"), ("digest", f"echo {SUM}")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "file").write_bytes(b"x")
    question = expecting(tmp_path / "file", b"other")
    assert ask(LocalHost(shell, through=through), [question], None)[question] == holding(b"x")


@each_shell
def test_what_is_no_file_is_told(shell: str, tmp_path: Path) -> None:
    """A directory, nothing, a link to a file and one to nowhere."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"held")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    questions = [expecting(tmp_path / name, b"") for name in ("folder", "none", "link", "dangling")]
    found = ask(LocalHost(shell), questions, None)
    kinds = [found[question].kind for question in questions]
    assert kinds == ["other", "absent", "file", "other"]
    assert found[questions[2]] == holding(b"held")


@each_shell
def test_a_file_that_may_not_be_read_is_no_absent_one(shell: str, public_path: Path) -> None:
    """A file of somebody else's is a failure, with the cure."""
    (public_path / "file").write_bytes(b"secret")
    (public_path / "file").chmod(0o600)
    question = expecting(public_path / "file", b"")
    found = ask(LocalHost(shell, through=NOBODY), [question], None)[question]
    assert isinstance(found, Refused)
    assert "may not be read by this user (become a user who may" in str(found.error)


def test_a_file_that_changes_while_it_comes_back_is_no_answer(tmp_path: Path) -> None:
    """A piece that is shorter than it was is a failure, not another sum."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * (MEGABYTE + 1))
    question = expecting(path, path.read_bytes())
    host = LocalHost(through=old_path(tmp_path / "bin"))
    first = question.parse(host.ask([str(question.ask())], deadline=30)[0])
    assert isinstance(first, Follow)
    path.write_bytes(b"x")
    with pytest.raises(TaskFailed, match="changed while it was read"):
        first.fact.parse(host.ask([str(first.fact.ask())], deadline=30)[0])


@given(st.lists(st.binary(max_size=300)))
def test_a_sum_of_pieces_is_the_sum_of_the_whole(pieces: list[bytes]) -> None:
    """However content is cut, its POSIX checksum and size are the same."""
    summed = Cksum()
    for piece in pieces:
        summed.update(piece)
    assert (summed.value(), summed.size) == (cksum(b"".join(pieces)), len(b"".join(pieces)))
