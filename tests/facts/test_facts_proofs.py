"""Cheaper questions say that all is as foretold only where the whole question would say so, too."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, LocalHost, run, tree
from programs import started

from remediate.answers import Unknown
from remediate.engine.asking import Refused, agrees, ask
from remediate.engine.joining import answered, scripts_for
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text
from remediate.facts.proofs import Looks, Numbers, Status, Sum, owners_among, proving

each_shell = pytest.mark.parametrize("shell", SHELLS)

UNKNOWN = Unknown("only the host knows")
ME = PathStatus(kind="file", mode=0o644, owner="me", group="us", uid=5, gid=6, size=4)
NEW = FileText.holding("new\n")


def both(*paths: Path, shell: str = "dash") -> dict[Fact[Any], Any]:
    """What is there now, as the whole questions tell it."""
    facts = [kind(str(path)) for path in paths for kind in (Text, FileStatus)]
    return {**ask(LocalHost(shell), facts, None)}


def proven(before: dict[Fact[Any], Any], after: dict[Fact[Any], Any], shell: str = "dash") -> set[Fact[Any]]:
    """The questions whose cheaper ones say that all is as foretold."""
    asked = {fact: proving(fact, before[fact], after[fact]) for fact in after}
    scripts = scripts_for(asked.values())
    outputs = answered(scripts, [run(script.text, shell) for script in scripts])
    shown = set()
    for fact, cheaper in asked.items():
        try:
            if cheaper in outputs and agrees(after[fact], cheaper.parse(outputs[cheaper])):
                shown.add(fact)
        except TaskFailed:
            continue
    return shown


@each_shell
def test_what_is_as_foretold_is_proven(shell: str, tmp_path: Path) -> None:
    """Sums and lines of ls tell it of all paths at once, and the answers are those of the whole questions."""
    paths = [tmp_path / name for name in ("one", "other", "folder")]
    for path in paths[:2]:
        path.write_text("new\n")
    paths[2].mkdir()
    found, before = both(*paths, shell=shell), tree(tmp_path)
    del found[Text(str(paths[2]))]
    assert proven(found, found, shell) == {*found}
    new = dict.fromkeys(found)
    assert proven(new, found, shell) == {*found}
    scripts = scripts_for(proving(fact, answer, answer) for fact, answer in found.items())
    (output,) = [run(script.text, shell) for script in scripts]
    told = answered(scripts, [output])
    assert [fact.parse(each) for fact, each in told.items()] == list(found.values())
    assert tree(tmp_path) == before


@each_shell
def test_each_is_proven_alone_as_well(shell: str, tmp_path: Path) -> None:
    """The script of one cheaper question has the answer of the whole one."""
    path = tmp_path / "file"
    path.write_text("new\n")
    found = both(path, shell=shell)
    for before in (found, dict.fromkeys(found)):
        for fact, answer in found.items():
            asked = proving(fact, before[fact], answer)
            assert asked.parse(run(str(asked.ask()), shell)) == answer


KINDS = ("file", "other content", "longer", "mode", "link", "two lines", "folder", "pipe", "none")


@settings(max_examples=60)
@given(
    shell=st.sampled_from(sorted(SHELLS)),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    owners=st.sampled_from(["known", "unknown", "other names", "other numbers"]),
)
def test_nothing_else_is(
    shell: str, kinds: list[str], owners: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is there instead: what is proven is what the whole question agrees with."""
    folder = tmp_path_factory.mktemp("tree")
    paths = [folder / f"file{number}" for number in range(len(kinds))]
    for path in paths:
        path.write_text("new\n")
    before = both(*paths)
    after = dict(before)
    for status in map(FileStatus, map(str, paths)):
        if owners == "unknown":
            why = UNKNOWN
            after[status] = PathStatus(
                kind="file", mode=0o644, size=4, owner=why, group=why, uid=why, gid=why
            )
        elif owners == "other names":
            after[status] = PathStatus(kind="file", mode=0o644, size=4, owner="x", group="y")
        elif owners == "other numbers":
            before[status] = after[status] = PathStatus(
                kind="file", mode=0o644, size=4, owner="x", group="y", uid=98765, gid=98765
            )
    for path, kind in zip(paths, kinds, strict=True):
        put(path, kind)
    whole = both(*paths)
    held = {
        fact for fact in after if not isinstance(whole[fact], Refused) and agrees(after[fact], whole[fact])
    }
    shown = proven(before, after, shell)
    assert shown <= held
    # A target of two lines leaves all that ls tells in doubt, and nothing else leaves anything.
    files = {Text(str(path)) for path in paths}
    assert held & files <= shown
    assert shown == held or "two lines" in kinds


def put(path: Path, kind: str) -> None:
    """Make something else of a file."""
    if kind == "mode":
        path.chmod(0o600)
    elif kind in ("other content", "longer"):
        path.write_text("neu\n" if kind == "other content" else "news\n")
    elif kind != "file":
        path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind in ("link", "two lines"):
        path.symlink_to("x" if kind == "link" else "x\ny")


@pytest.mark.root
@each_shell
def test_what_may_not_be_read_is_in_doubt(shell: str, public_path: Path) -> None:
    """It hides nothing of what else was asked."""
    paths = [public_path / name for name in ("open", "closed")]
    for path in paths:
        path.write_text("new\n")
    found = both(*paths)
    paths[1].chmod(0o600)
    asked = [proving(fact, answer, answer) for fact, answer in found.items()]
    (script,) = scripts_for(asked)
    told = script.answered(run(script.text, shell, through=NOBODY))
    assert [fact for fact in asked if fact not in told] == [Sum(str(paths[1]), NEW)]


def test_names_that_the_host_has_not_told_are_asked_for() -> None:
    """Only an owner and a group who were there before, by name and number, are known by their numbers."""
    fact, nobody = FileStatus("/a"), PathStatus(kind="absent")
    new = PathStatus(kind="file", owner=UNKNOWN, group=UNKNOWN, uid=UNKNOWN, gid=UNKNOWN)
    assert isinstance(proving(fact, ME, ME), Numbers)
    for before, after in ((nobody, new), (new, new), (ME, new), (new, ME), (nobody, ME)):
        assert type(proving(fact, before, after)) is Status
    assert owners_among([nobody, new, NEW]) is None


def test_who_was_told_before_is_known_by_his_number(tmp_path: Path) -> None:
    """Of what is new, too; whose number was not told, the question itself must tell."""
    shell = "dash"
    (tmp_path / "new").write_text("x")
    mine = run(str(FileStatus(str(tmp_path)).ask()), shell)
    me, fact = FileStatus(str(tmp_path)).parse(mine), FileStatus(str(tmp_path / "new"))
    made = replace(me, kind="file", mode=0o644, owner=UNKNOWN, group=UNKNOWN, uid=UNKNOWN, gid=UNKNOWN)
    told = run(str(fact.ask()), shell)
    asked = proving(fact, PathStatus(kind="absent"), made, owners_among([me]))
    assert isinstance(asked, Numbers)
    (script,) = scripts_for([asked])
    (output,) = script.answered(run(script.text, shell)).values()
    assert asked.parse(output) == fact.parse(told)
    other = proving(fact, PathStatus(kind="absent"), made, owners_among([replace(me, uid=4242)]))
    with pytest.raises(TaskFailed, match="was not told"):
        other.parse(output)


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


@pytest.mark.parametrize("count", [1, 2, 5])
def test_written_files_are_proven_with_two_programs(count: int, tmp_path: Path) -> None:
    """Their sums and one line of ls each; new ones, whose owner's name nobody knows yet, with one more."""
    paths = [tmp_path / f"file{number}" for number in range(count)]
    for path in paths:
        path.write_text("new\n")
    found = both(*paths)
    absent = dict.fromkeys(found)
    for before, programs in ((found, ["cksum", "ls"]), (absent, ["cksum", "ls", "ls"])):
        (script,) = scripts_for(proving(fact, before[fact], after) for fact, after in found.items())
        assert started(script.text, tmp_path / "bin") == programs
    before = {fact: None if str(paths[0]) in str(fact) else answer for fact, answer in found.items()}
    (script,) = scripts_for(proving(fact, before[fact], after) for fact, after in found.items())
    assert started(script.text, tmp_path / "bin") == ["cksum", "ls", "ls"]


SUM_OF_A, SUM_OF_B = b"1 4 /a\n", b"2 4 /b\n"
A, B = (b"-rw-r--r-- 1 0 0 4 Jan 2 11:02 /%b\n" % name for name in (b"a", b"b"))
NAMED_B = B.replace(b"0 0", b"me us")
WORDS = ["sum /a", "numbers /a", "status /b", "sum /b"]


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (SUM_OF_A + SUM_OF_B + NAMED_B + A + B, WORDS),
        (SUM_OF_B + SUM_OF_A + NAMED_B + B + A, WORDS),
        (NAMED_B + A + B, ["numbers /a", "status /b"]),
        (SUM_OF_A + NAMED_B + A + B, ["sum /a", "numbers /a", "status /b"]),
        (b"1 4 /c\n" + SUM_OF_A + NAMED_B + A + B, ["numbers /a", "status /b"]),
        (SUM_OF_A * 2 + NAMED_B + A + B, ["numbers /a", "status /b"]),
        (b"1 x /a\n" + SUM_OF_B + NAMED_B + A + B, ["numbers /a", "status /b"]),
        (b"1 4\n" + NAMED_B + A + B, ["numbers /a", "status /b"]),
        (SUM_OF_A + NAMED_B + SUM_OF_B + A + B, ["sum /a"]),
        (SUM_OF_A + NAMED_B + A, ["sum /a"]),
        (SUM_OF_A + NAMED_B + A + B[:-1], ["sum /a"]),
        (SUM_OF_A + NAMED_B + A + B + B, ["sum /a"]),
        (SUM_OF_A + NAMED_B + A + A, ["sum /a"]),
        (SUM_OF_A + b"said\n" + NAMED_B + A + B, ["sum /a"]),
        (SUM_OF_A + b"said\n" + NAMED_B + A, ["sum /a"]),
        (SUM_OF_A + b"/b: gone\n" + NAMED_B + A, ["sum /a", "numbers /a"]),
        (SUM_OF_A + b"/a: gone\n" + NAMED_B + B, ["sum /a", "status /b"]),
        (SUM_OF_A + b"/b: gone\n" * 2 + A, ["sum /a", "numbers /a"]),
        (SUM_OF_A + NAMED_B + A + B.replace(b"4", b"5"), ["sum /a", "numbers /a"]),
        (b"", []),
    ],
)
def test_words_that_are_not_clear_prove_nothing(printed: bytes, words: list[str]) -> None:
    """A line too few or too many, or a message: what it may be about is not believed."""
    shared = Looks().share(WORDS, Output(status=0, stdout=printed))
    assert [*shared] == [word for word in WORDS if word in words]
    whole = {"sum /a": b"1 4\n", "sum /b": b"2 4\n", "numbers /a": A, "status /b": NAMED_B + B}
    assert {word: each.stdout for word, each in shared.items()} == {word: whole[word] for word in words}


def test_another_sum_is_no_file() -> None:
    """Nor is one that is no number at all."""
    asked = Sum("/a", NEW)
    said = b"%d %d\n" % (NEW.checksum, NEW.size)
    assert asked.parse(Output(status=0, stdout=said)) is NEW
    for other in (b"", b"0 4\n", said.replace(b" 4", b" 5"), b"x\n"):
        assert asked.parse(Output(status=0, stdout=other)).kind == "other"
