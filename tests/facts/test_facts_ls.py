"""The lines of `ls` as different systems write them, from a file of samples."""

import re
from pathlib import Path

import pytest

from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text, parse_mode

_HEAD = re.compile(r"(.*?): (/.*) \| (\w+) (\d+) (\S+) (.+) (\d+) (\d+) (\d+) \|(?: (.*))?")
_TEXT = (Path(__file__).parent / "ls_lines.txt").read_text()
SAMPLES = [sample for sample in _TEXT.split("\n\n") if not sample.startswith("#")]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.split(":")[0] for sample in SAMPLES])
def test_what_ls_says_is_understood(sample: str) -> None:
    """Each sample gives the kind, mode, owner, group, numbers, size and target noted above it."""
    head, _, lines = sample.partition("\n")
    noted = _HEAD.fullmatch(head)
    assert noted is not None
    _, path, kind, mode, owner, group, uid, gid, size, target = noted.groups()
    assert FileStatus(path).parse(Output(status=0, stdout=lines.encode() + b"\n")) == PathStatus(
        kind=kind,  # type: ignore[arg-type]
        mode=int(mode, 8),
        owner=owner,
        group=group,
        uid=int(uid),
        gid=int(gid),
        size=int(size),
        target=target or "",
    )


ABSENT = [
    b"ls: cannot access '/x': No such file or directory",
    b"ls: /x: No such file or directory",
    b"/x: No such file or directory",
    b"ls: 0653-341 The file /x does not exist.",
    b"/x not found",
    b"ls: cannot access '/etc/passwd/x': Not a directory",
]

NOT_ABSENT = [
    b"ls: cannot access '/x': Permission denied",
    b"/x: Permission denied",
    b"ls: 0653-345 /x: Permission denied.",
    b"ls: /x: The file access permissions do not allow the specified action.",
    b"ls: cannot access '/x': Stale file handle",
    b"ls: /x: I/O error",
    b"ls: not enough memory",
    b"",
]


@pytest.mark.parametrize("said", ABSENT)
def test_systems_say_absent_in_their_own_words(said: bytes) -> None:
    """What GNU, busybox, Solaris, AIX and HP-UX say of a missing path means that it is missing."""
    output = Output(status=0, stdout=b"ABSENT\n", stderr=said)
    assert Text("/x").parse(output) == FileText(kind="absent")
    assert FileStatus("/x").parse(output) == PathStatus(kind="absent")
    assert Listing("/x").parse(output) is None


@pytest.mark.parametrize("said", NOT_ABSENT)
@pytest.mark.parametrize("fact", [Text("/x"), FileStatus("/x"), Listing("/x")])
def test_nothing_else_means_absent(said: bytes, fact: Text | FileStatus | Listing) -> None:
    """A denial, an error, or no word at all is a failure, never an absence."""
    with pytest.raises(TaskFailed, match=r"/x (may not|cannot) be read"):
        fact.parse(Output(status=0, stdout=b"ABSENT\n", stderr=said))


def test_a_name_is_no_message() -> None:
    """A path that is called like what `ls` says of a missing one is not absent for that."""
    path = "/No such file/x"
    said = f"ls: cannot access '{path}': Permission denied".encode()
    with pytest.raises(TaskFailed, match="may not be read"):
        Text(path).parse(Output(status=0, stdout=b"ABSENT\n", stderr=said))


def test_every_mode_is_read_from_its_letters() -> None:
    """The nine letters of each of the 4096 modes give the mode back."""
    assert [parse_mode(_letters(mode)) for mode in range(0o10000)] == list(range(0o10000))


def _letters(mode: int) -> str:
    letters = [letter if mode & (0o400 >> place) else "-" for place, letter in enumerate("rwxrwxrwx")]
    for bit, place, letter in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if mode & bit:
            letters[place] = letter if letters[place] == "x" else letter.upper()
    return "".join(letters)
