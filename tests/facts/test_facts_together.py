"""Questions asked together are answered as if each had been asked alone, or are left to be asked alone."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, LocalHost, old_path, run, tree
from needs import require

from remediate.bourne import encode
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output
from remediate.facts.cksum import cksum
from remediate.facts.files import TEXT_LIMIT, Directory, FileStatus, FileText, Text
from remediate.facts.together import Statuses, Texts, is_plain

each_shell = pytest.mark.parametrize("shell", SHELLS)


def told(fact: Fact[Any], output: Output) -> Any:
    """The answer, or the words of the failure."""
    try:
        return fact.parse(output)
    except TaskFailed as failure:
        return str(failure)


def together(
    kind: type[Fact[Any]], paths: Sequence[str], shell: str = "dash", *, through: Sequence[str] = ()
) -> Mapping[str, Any]:
    """The answers that one script gives, by path; where it is in doubt there is none."""
    facts = {path: kind(path) for path in paths}  # type: ignore[call-arg]
    words = {}
    for path, fact in facts.items():
        joint, word = fact.joint() or (None, "")
        assert joint is not None, f"{path} can only be asked alone"
        words[word] = path
    shared = joint.share([*words], run(joint.ask([*words]), shell, through=through))
    return {path: told(facts[path], shared[word]) for word, path in words.items() if word in shared}


def alone(
    kind: type[Fact[Any]], paths: Sequence[str], shell: str = "dash", *, through: Sequence[str] = ()
) -> Mapping[str, Any]:
    """The answers to the same questions, each by its own script."""
    facts = [kind(path) for path in paths]  # type: ignore[call-arg]
    outputs = LocalHost(shell, through=through).ask([str(fact.ask()) for fact in facts], deadline=60)
    return {path: told(fact, each) for path, fact, each in zip(paths, facts, outputs, strict=True)}


def make_everything(folder: Path) -> list[str]:
    """One of each thing that may be at a path with a plain name, and what is not there."""
    for name, content in {
        "file": b"one\ntwo\n",
        "empty": b"",
        "open": b"no end",
        "binary": b"\0\xff\n",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "large").write_bytes(b"x" * (TEXT_LIMIT + 1))
    (folder / "-dash,a=b@c%d+e").write_text("odd\n")
    (folder / "folder").mkdir(mode=0o2750)
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("not -> there")
    os.mkfifo(folder / "pipe")
    made = [f"{folder}/{path.name}" for path in folder.iterdir()]
    return [
        *made,
        f"{folder}/none",
        f"{folder}/no/ne",
        f"{folder}/file/x",
        f"{folder}/folder/",
        "/",
        "/dev/null",
    ]


@each_shell
@pytest.mark.parametrize("kind", [Text, FileStatus, Directory])
def test_everything_is_told_as_it_is_alone(shell: str, kind: type[Fact[Any]], tmp_path: Path) -> None:
    """Files, directories, links, devices and what is absent: by one script, which changes nothing."""
    paths = make_everything(tmp_path)
    before = tree(tmp_path)
    assert together(kind, paths, shell) == alone(kind, paths, shell)
    assert tree(tmp_path) == before


@each_shell
@pytest.mark.parametrize("kind", [Text, FileStatus, Directory])
def test_what_is_forbidden_is_told_as_it_is_alone(
    shell: str, kind: type[Fact[Any]], public_path: Path
) -> None:
    """What may not be read is never absent; a file that may only be looked at is left to be asked alone."""
    paths = [*make_everything(public_path), f"{public_path}/folder/in", f"{public_path}/folder/no"]
    (public_path / "folder" / "in").touch()
    (public_path / "file").chmod(0o600)
    found, expected = (how(kind, paths, shell, through=NOBODY) for how in (together, alone))
    assert {path: expected[path] for path in found} == found
    in_doubt = [f"{public_path}/file", f"{public_path}/link"] if kind is Text else []
    assert sorted(expected.keys() - found.keys()) == in_doubt


@settings(max_examples=60)
@given(
    shell=st.sampled_from(sorted(SHELLS)),
    names=st.dictionaries(
        st.text("ab.-_=+", min_size=1, max_size=3).filter(lambda name: name.strip(".")),
        st.one_of(
            st.none(),
            st.sampled_from(["folder", "forbidden"]),
            st.tuples(st.just("link"), hostile.names),
            st.tuples(st.just("file"), hostile.words),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_nothing_is_ever_told_otherwise(
    shell: str, names: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is there, an answer given together is the one given alone; nothing but a link is in doubt."""
    folder = tmp_path_factory.mktemp("tree")
    for name, made in names.items():
        path = folder / name
        if isinstance(made, str):
            path.mkdir(mode=0 if made == "forbidden" else 0o755)
        elif made is not None and made[0] == "link":
            path.symlink_to(made[1])
        elif made is not None:
            path.write_bytes(encode(made[1]))
    paths = [f"{folder}/{name}" for name in names]
    for kind in (Text, FileStatus, Directory):
        found, expected = together(kind, paths, shell), alone(kind, paths, shell)
        assert {path: expected[path] for path in found} == found
        odd = any("\n" in made[1] for made in names.values() if isinstance(made, tuple) and made[0] == "link")
        assert len(found) == len(expected) or (odd and kind is FileStatus)


def test_only_plain_names_are_asked_together() -> None:
    """A name that a shell, a line of ls or its message could alter or hide goes alone."""
    assert is_plain("/opt/notes-data/notes.ini_1,v")
    odd = [name for name in hostile.NAMES if name not in ("plain", "-rf", "--help", "=")]
    assert not any(is_plain(f"/{name}") for name in odd)
    assert not any(is_plain(path) for path in ("relative", "", "/with:colon", "/x\n", "/" + "x" * 151))


def test_a_target_that_looks_like_lines_of_ls_deceives_nobody(tmp_path: Path) -> None:
    """Who makes a link can make it say anything; nothing is believed then."""
    target = tmp_path / "file"
    target.touch()
    (tmp_path / "link").symlink_to(f"x\n-rwsrwxrwx 1 root root 0 Jan 1 00:00 {target}")
    assert together(FileStatus, [str(target), f"{tmp_path}/link"]) == {}
    target.unlink()
    assert together(FileStatus, [str(target), f"{tmp_path}/link"]) == {}


@pytest.mark.root
@each_shell
def test_a_text_that_was_changed_meanwhile_is_in_doubt(shell: str, tmp_path: Path) -> None:
    """Content that has not the sum is not believed, nor what is beside it if it has not the size."""
    paths = [f"{tmp_path}/{name}" for name in "abc"]
    for path in paths:
        Path(path).write_text("before\n")
    script = Texts(TEXT_LIMIT).ask(paths)

    def meanwhile(change: str) -> Mapping[str, Output]:
        changed = script.replace("exec sed", f"{change}\nexec sed")
        return Texts(TEXT_LIMIT).share(paths, run(changed, shell))

    assert list(meanwhile(f"echo behind > {paths[1]}")) == [paths[0], paths[2]]
    assert meanwhile(f"echo longer >> {paths[0]}") == {}
    # What grows at one place and shrinks at another could make the middle one seem to hold what it does not.
    assert meanwhile(f"echo x > {paths[0]}; echo more and more > {paths[2]}") == {}


def test_without_a_tool_all_is_in_doubt(tmp_path: Path) -> None:
    """Where there is no sed, or it prints something else, no content is believed; what is absent still is."""
    (tmp_path / "file").write_text("x")
    paths = [f"{tmp_path}/file", f"{tmp_path}/none"]
    through = old_path(tmp_path / "bin")
    found = together(Text, paths, through=through)
    assert found == {paths[1]: FileText(kind="absent")}


def test_the_tools_of_busybox_are_understood(tmp_path: Path) -> None:
    """Its ls and its sed serve as well; what that sed cannot print is left to be asked alone."""
    require("busybox")
    tools = tmp_path / "bin"
    through = old_path(tools)
    for name in ("ls", "sed"):
        (tools / name).unlink(missing_ok=True)
        (tools / name).symlink_to(str(shutil.which("busybox")))
    (tmp_path / "tree").mkdir()
    paths = make_everything(tmp_path / "tree")
    for kind in (Text, FileStatus, Directory):
        found, expected = (how(kind, paths, through=through) for how in (together, alone))
        assert {path: expected[path] for path in found} == found
        assert expected.keys() - found.keys() <= {f"{tmp_path}/tree/binary"}


NAMED = b"-rw-r--r-- 1 root root 5 Jan 2 11:02 /a\n"
NUMBERED = b"-rw-r--r-- 1 0 0 5 Jan 2 11:02 /a\n"


ABSENT = b"ls: /b: No such file or directory\n"


@pytest.mark.parametrize(
    "printed",
    [
        ABSENT + NAMED,
        ABSENT * 2 + NAMED,
        NAMED + NUMBERED,
        ABSENT + NAMED + NUMBERED,
        ABSENT * 3 + NAMED + NUMBERED,
        ABSENT.replace(b"/b", b"/a") * 2 + NAMED + NUMBERED,
        ABSENT.replace(b"/b", b"/a or /b") * 2 + NAMED + NUMBERED,
        ABSENT.replace(b"/b", b"/b/c") * 2 + NAMED + NUMBERED,
        ABSENT + b"ls: something else\n" + NAMED + NUMBERED,
        ABSENT * 2 + b"ls: something else\n" + NAMED + NUMBERED,
        ABSENT * 2 + NAMED * 2 + NUMBERED * 2,
        ABSENT * 2 + NAMED + NUMBERED.replace(b"/a", b"/c"),
        ABSENT * 2 + NAMED + NUMBERED.replace(b"/a", b"/b"),
        ABSENT * 2,
        b"",
    ],
)
def test_words_of_ls_that_are_not_clear_are_in_doubt(printed: bytes) -> None:
    """Half an answer, one of two minds, about another path or about two is none."""
    assert Statuses().share(["/a", "/b"], Output(status=0, stdout=printed)) == {}


@pytest.mark.parametrize(
    ("one", "other"), [(b" 5 ", b" 6 "), (b"root root", b"root domain users"), (b"-rw-", b"-r--")]
)
def test_lines_that_do_not_agree_are_in_doubt(one: bytes, other: bytes) -> None:
    """A change between the two lines, or a name with blanks, leaves that path in doubt, and no other."""
    printed = ABSENT + NAMED.replace(one, other) + ABSENT + NUMBERED
    shared = Statuses().share(["/a", "/b"], Output(status=0, stdout=printed))
    assert list(shared) == ["/b"]


def test_columns_are_read() -> None:
    """What ls puts between words to make columns changes no answer."""
    printed = b"".join(b"/b not found\n" + line.replace(b" ", b"   ") for line in (NAMED, NUMBERED))
    shared = Statuses().share(["/a", "/b"], Output(status=0, stdout=printed))
    alone = Output(status=0, stdout=NAMED + NUMBERED)
    assert told(FileStatus("/a"), shared["/a"]) == told(FileStatus("/a"), alone)
    assert told(FileStatus("/b"), shared["/b"]).kind == "absent"


TOKEN = b"0" * 32 + b"\n"
SUM = cksum(b"x\n")


@pytest.mark.parametrize(
    "stdout",
    [
        b"",
        b"\n",
        b"\n/a\n/a\n",
        b"\n/c\n",
        b"\n/a or /b not found\n",
        b"\n/a not found\n/a not found\n",
        b"%d 2\n" % SUM,
        b"%d 2 /c\n" % SUM + TOKEN + b"x\n" + TOKEN * 2,
        b"%d 2 /a\n" % SUM + TOKEN + b"y\n" + TOKEN * 2,
        b"%d 2 /a\n" % SUM + TOKEN + b"x\n" + TOKEN,
        b"%d 2 /a\n" % SUM + TOKEN + b"x\n" + TOKEN * 3,
        b"%d 2 /a\n" % SUM + b"\n" + b"x\n" + b"\n\n",
        b"%d 2 /a\n/a\n" % SUM + TOKEN + b"x\n" + TOKEN * 2,
        b"%d 2 /a\n/a not found\n" % SUM + TOKEN + b"x\n" + TOKEN * 2,
        b"\n/a not found\n/a\n",
    ],
)
def test_contents_that_are_not_clear_are_in_doubt(stdout: bytes) -> None:
    """Another sum, a mark too few or too many, a path of two kinds, or one too many, is no answer."""
    assert Texts(9).share(["/a", "/b"], Output(status=0, stdout=stdout)) == {}


def test_a_newline_that_sed_adds_is_not_the_files() -> None:
    """Some seds end every file with a newline before they go on."""
    stdout = b"%d 1 /a %d 2 /b\n" % (cksum(b"x"), SUM) + TOKEN + b"x\n" + TOKEN + b"x\n" + TOKEN
    shared = Texts(9).share(["/a", "/b"], Output(status=0, stdout=stdout))
    assert [Text(path).parse(shared[path]).content for path in ("/a", "/b")] == ["x", "x\n"]  # type: ignore[union-attr]
