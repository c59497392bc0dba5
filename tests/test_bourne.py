"""What is quoted for the Bourne shell arrives unharmed, under every shell that is here."""

import os
import re
from pathlib import Path

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS, run

from remediate.bourne import decode, encode, heredoc, quote, quote_path, write_to

each_shell = pytest.mark.parametrize("shell", SHELLS)
shells = st.sampled_from(sorted(SHELLS))

CONTENTS = {
    "empty": "",
    "one line": "one\n",
    "no last line feed": "one\ntwo",
    "only line feeds": "\n\n\n",
    "CR LF": "a\r\nb\r\n",
    "a trailing CR": "a\r",
    "NUL bytes": "a\0b\n\0\0%s\\n",
    "all bytes": "".join(chr(byte) if byte < 0x80 else chr(0xDC00 + byte) for byte in range(256)),
    "all bytes but NUL": "".join(chr(byte) if byte < 0x80 else chr(0xDC00 + byte) for byte in range(1, 256)),
    "shell text": "$HOME `id` $(id) \\\n'\"\\\\ !! ${x} \\$y\n",
    "plain": "it's \t plain\n\n%s `x` $y\n",
    "a line feed": "\n",
    "like options": "-n\n-e x\n",
    "20 KB of plain lines": "it's `a` line\n" * 1500,
    "200 KB in one line": "x" * 200_000,
    "200 KB of lines": "it's `a` line\\\n" * 15_000,
    "200 KB with NUL bytes": "\0é" * 66_000,
    "like an end": "REMEDIATE_\nREMEDIATE_0123456789abcdef\nEOF\n",
}


@each_shell
def test_hostile_words_arrive(shell: str) -> None:
    """Every hostile word is printed as it was given."""
    script = "\n".join(f"printf '%s\\000' {quote(word)}" for word in hostile.WORDS)
    assert run(script, shell).stdout == b"".join(encode(word) + b"\0" for word in hostile.WORDS)


@settings(max_examples=60)
@given(shell=shells, words=st.lists(hostile.words, min_size=1, max_size=30))
def test_any_words_arrive(shell: str, words: list[str]) -> None:
    """Any list of words is printed as it was given, and nothing of it is carried out."""
    done = run("\n".join(f"printf '%s\\000' {quote(word)}" for word in words), shell)
    assert done.stdout == b"".join(encode(word) + b"\0" for word in words)
    assert (done.status, done.stderr) == (0, b"")


@each_shell
def test_hostile_paths_are_no_options(shell: str, tmp_path: Path) -> None:
    """A relative path is taken for a path by programs, whatever it begins with."""
    for name in hostile.NAMES:
        (tmp_path / name).write_text("x")
    script = f"cd {quote(str(tmp_path))}\n" + "\n".join(f"rm {quote_path(name)}" for name in hostile.NAMES)
    assert run(script, shell).stderr == b""
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - as simple as it gets


@each_shell
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_arrives_whole(shell: str, content: str, tmp_path: Path) -> None:
    """A file holds exactly the bytes that were meant for it, and nothing is left beside it."""
    assert run(write_to(quote(f"{tmp_path}/it's"), content), shell).status == 0
    assert (tmp_path / "it's").read_bytes() == encode(content)
    assert len(list(tmp_path.iterdir())) == 1


@settings(max_examples=60)
@given(shell=shells, contents=st.lists(hostile.contents, min_size=1, max_size=5))
def test_any_content_arrives_whole(
    shell: str, contents: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any contents, written one after another in one script, are what the files hold."""
    folder = tmp_path_factory.mktemp("contents")
    targets = [folder / str(number) for number in range(len(contents))]
    script = "".join(write_to(quote(str(path)), text) for path, text in zip(targets, contents, strict=True))
    assert run(script, shell).status == 0
    assert [path.read_bytes() for path in targets] == [encode(content) for content in contents]


@each_shell
def test_a_here_document_is_read_as_it_is(shell: str) -> None:
    """A here-document passes its text on unchanged, with a line feed at the end if there was none."""
    assert run(f"cat {heredoc(CONTENTS['shell text'])}", shell).stdout == encode(CONTENTS["shell text"])
    assert run(f"cat {heredoc('a')}", shell).stdout == b"a\n"
    assert run(f"cat {heredoc('')}", shell).stdout == b""


def test_the_end_of_a_here_document_cannot_be_known_before() -> None:
    """Two here-documents never end with the same line."""
    ends = {re.findall(r"REMEDIATE_\w+", heredoc("x\n"))[0] for _ in range(50)}
    assert len(ends) == 50


def test_a_nul_byte_is_refused_where_no_shell_can_carry_it() -> None:
    """Words and here-documents with a NUL byte are refused, not cut short."""
    for refusing in (quote, quote_path, heredoc):
        with pytest.raises(ValueError, match="NUL"):
            refusing("a\0b")


@given(data=st.binary())
def test_any_bytes_survive_being_text(data: bytes) -> None:
    """Decoding and encoding again gives the same bytes."""
    assert encode(decode(data)) == data
