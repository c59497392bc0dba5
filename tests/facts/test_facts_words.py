"""Answers as people read them."""

from dataclasses import replace
from typing import Any

import pytest

from remediate.effects.left import OPEN
from remediate.facts.base import Output
from remediate.facts.digest import FileDigest
from remediate.facts.files import FileText, PathStatus
from remediate.facts.words import difference, shown

STATUS = PathStatus(kind="file", mode=0o4755, owner="root", group="sys", uid=0, gid=3, size=12)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (FileText.holding("a\nb\n"), "a\nb\n"),
        (FileText(kind="absent"), "it is not there"),
        (FileText(kind="other"), "it is no regular file"),
        (
            FileText(kind="file", checksum=7, size=9000),
            "a file of 9000 bytes (cksum 7), too large to be shown",
        ),
        (PathStatus(kind="absent"), "it is not there"),
        (STATUS, "kind: file\nmode: 4755\nowner: root (0)\ngroup: sys (3)\nsize: 12 bytes"),
        (replace(STATUS, kind=OPEN, mode=OPEN, uid=OPEN), "owner: root\ngroup: sys (3)\nsize: 12 bytes"),
        (
            replace(STATUS, owner=OPEN, group=OPEN, gid=OPEN),
            "kind: file\nmode: 4755\nowner: 0\nsize: 12 bytes",
        ),
        (("a", "b"), "a\nb"),
        (("restarted",), "restarted"),
        ((), "none"),
        (("x" * 100,) * 3, "3 of them"),
        (None, "none"),
        ("said", "said"),
        ("x" * 300, "300 letters"),
        (7, "7"),
        (FileDigest(kind="absent"), "it is not there"),
        (FileDigest(kind="other"), "it is no regular file"),
        (FileDigest(kind="file", size=3, cksum=9), "a file of 3 bytes (cksum 9)"),
        (FileDigest(kind="file", size=3, cksum=9, sha256="ab"), "a file of 3 bytes (cksum 9, sha256 ab)"),
        (Output(status=1, stdout=b"one\n", stderr=b"two\n"), "exit status 1\none\ntwo"),
        (Output(status=0, stdout=b""), "exit status 0"),
    ],
)
def test_in_words(answer: Any, text: str) -> None:
    """A file as its text, what is known of a path in words, what is too long as its length."""
    assert shown(answer) == text


def test_the_difference() -> None:
    """The lines that differ, with what they are."""
    lines = difference("mode: 0644\nsize: 1", "mode: 0600\nsize: 1", was="as planned", now="now")
    assert lines[:2] == ["--- as planned", "+++ now"]
    assert lines[3:] == ["-mode: 0644", "+mode: 0600", " size: 1"]
