"""Cheaper questions say that all is as foretold only where the whole question would say so, too."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS, LocalHost, run, tree
from programs import started

from remediate.answers import Unknown
from remediate.engine.asking import Refused, agrees, ask
from remediate.engine.joining import answered, scripts_for
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text
from remediate.facts.proofs import Look, Numbers, Status, Sum, proving

each_shell = pytest.mark.parametrize("shell", SHELLS)

UNKNOWN = Unknown("only the host knows")
ME = PathStatus(kind="file", mode=0o644, owner="me", group="us", uid=5, gid=6, size=4)
NEW = FileText.holding("new\n")


def both(path: Path, shell: str = "dash") -> dict[Fact[Any], Any]:
    """What is there now, as the whole questions tell it."""
    return {**ask(LocalHost(shell), [Text(str(path)), FileStatus(str(path))], None)}


def proven(before: dict[Fact[Any], Any], after: dict[Fact[Any], Any], shell: str = "dash") -> set[type]:
    """The kinds of the questions whose cheaper ones say that all is as foretold."""
    asked = {fact: proving(fact, before[fact], after[fact]) for fact in after}
    scripts = scripts_for(asked.values())
    outputs = answered(scripts, [run(script.text, shell) for script in scripts])
    shown = set()
    for fact, cheaper in asked.items():
        try:
            if cheaper in outputs and agrees(after[fact], cheaper.parse(outputs[cheaper])):
                shown.add(type(fact))
        except TaskFailed:
            continue
    return shown


@each_shell
def test_what_is_as_foretold_is_proven(shell: str, tmp_path: Path) -> None:
    """A sum and a line of ls tell it, and the answers are those of the whole questions."""
    path = tmp_path / "file"
    path.write_text("new\n")
    found, before = both(path, shell), tree(tmp_path)
    assert proven(found, found, shell) == {Text, FileStatus}
    scripts = scripts_for(proving(fact, answer, answer) for fact, answer in found.items())
    (output,) = [run(script.text, shell) for script in scripts]
    told = answered(scripts, [output])
    assert [fact.parse(each) for fact, each in told.items()] == list(found.values())
    assert tree(tmp_path) == before


@settings(max_examples=40)
@given(
    shell=st.sampled_from(sorted(SHELLS)),
    made=st.sampled_from(["file", "other content", "longer", "mode", "link", "folder", "pipe", "none"]),
    owners=st.sampled_from(["known", "unknown", "other names", "other numbers"]),
)
def test_nothing_else_is(
    shell: str, made: str, owners: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is there instead: what is proven is what the whole question agrees with."""
    path = tmp_path_factory.mktemp("tree") / "file"
    path.write_text("new\n")
    before = both(path)
    after = dict(before)
    status = FileStatus(str(path))
    if owners == "unknown":
        why = UNKNOWN
        after[status] = PathStatus(kind="file", mode=0o644, size=4, owner=why, group=why, uid=why, gid=why)
    elif owners == "other names":
        after[status] = PathStatus(kind="file", mode=0o644, size=4, owner="x", group="y")
    elif owners == "other numbers":
        before[status] = after[status] = PathStatus(
            kind="file", mode=0o644, size=4, owner="x", group="y", uid=98765, gid=98765
        )
    if made == "mode":
        path.chmod(0o600)
    elif made != "file":
        path.unlink()
    if made == "folder":
        path.mkdir()
    elif made == "pipe":
        os.mkfifo(path)
    elif made == "link":
        path.symlink_to("x\ny")
    elif made in ("other content", "longer"):
        path.write_text("neu\n" if made == "other content" else "news\n")
    whole = both(path)
    held = {
        type(fact)
        for fact in after
        if not isinstance(whole[fact], Refused) and agrees(after[fact], whole[fact])
    }
    shown = proven(before, after, shell)
    assert shown <= held
    assert shown == held or made != "file"


def test_names_that_the_host_has_not_told_are_asked_for() -> None:
    """Only an owner and a group who were there before, by name and number, are known by their numbers."""
    fact, nobody = FileStatus("/a"), PathStatus(kind="absent")
    new = PathStatus(kind="file", owner=UNKNOWN, group=UNKNOWN, uid=UNKNOWN, gid=UNKNOWN)
    assert isinstance(proving(fact, ME, ME), Numbers)
    for before, after in ((nobody, new), (new, new), (ME, new), (new, ME), (nobody, ME)):
        assert type(proving(fact, before, after)) is Status


def test_what_is_no_file_or_has_an_odd_name_is_asked_as_ever() -> None:
    """Absence, links and what else there is, and paths that a shell could read otherwise."""
    link, open_ = PathStatus(kind="link", target="x"), PathStatus(kind=UNKNOWN)  # type: ignore[arg-type]
    asked: list[tuple[Fact[Any], Any]] = [
        (Text("/a"), FileText(kind="absent")),
        (Text("/a"), FileText(kind="other")),
        (Text("/two words"), NEW),
        (FileStatus("/two words"), ME),
        (FileStatus("/a"), PathStatus(kind="absent")),
        (FileStatus("/a"), link),
        (FileStatus("/a"), open_),
        (Listing("/a"), ()),
    ]
    for fact, after in asked:
        assert proving(fact, after, after) is fact


def test_a_written_file_is_proven_with_two_programs(tmp_path: Path) -> None:
    """Its sum and one line of ls; a new one, whose owner's name nobody knows yet, with one more."""
    path = tmp_path / "file"
    path.write_text("new\n")
    found = both(path)
    absent = dict.fromkeys(found)
    for before, programs in ((found, ["cksum", "ls"]), (absent, ["cksum", "ls", "ls"])):
        (script,) = scripts_for(proving(fact, before[fact], after) for fact, after in found.items())
        assert started(script.text, tmp_path / "bin") == programs


@pytest.mark.parametrize(
    "output",
    [
        Output(status=0, stdout=b"1 4\n"),
        Output(status=0, stdout=b"1 4\nline\nline\n"),
        Output(status=0, stdout=b"1 4\nline"),
        Output(status=1, stdout=b"1 4\nline\n"),
        Output(status=0, stdout=b"1 4\nline\n", stderr=b"said"),
    ],
)
def test_words_that_are_not_clear_prove_nothing(output: Output) -> None:
    """A line too few or too many, a failure or a message."""
    assert Look("/a").share(["sum", "numbers"], output) == {}
    whole = Look("/a").share(["numbers", "sum"], Output(status=0, stdout=b"1 4\nline\n"))
    assert {word: each.stdout for word, each in whole.items()} == {"sum": b"1 4\n", "numbers": b"line\n"}


def test_another_sum_is_no_file() -> None:
    """Nor is one that is no number at all."""
    asked = Sum("/a", NEW)
    said = b"%d %d\n" % (NEW.checksum, NEW.size)
    assert asked.parse(Output(status=0, stdout=said)) is NEW
    for other in (b"", b"0 4\n", said.replace(b" 4", b" 5"), b"x\n"):
        assert asked.parse(Output(status=0, stdout=other)).kind == "other"
