"""Several effects in one script do what each would do alone, and end with the first that fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import hostile
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from local_host import SHELLS, run, tree
from ordering import alone, at_once, write

from remediate.bourne import quote_path
from remediate.effects.base import Effect
from remediate.effects.in_order import carried_out, in_order
from remediate.effects.paths import Link, MakeDirectory
from remediate.effects.permissions import SetMode
from remediate.effects.write import RemoveFile
from remediate.errors import Drifted, TaskFailed
from remediate.facts.base import Output
from remediate.facts.files import FileText

each_shell = pytest.mark.parametrize("shell", SHELLS)


@dataclass(frozen=True, kw_only=True)
class Text(Effect):
    """Any script at all."""

    text: str

    def summary(self) -> str:
        """What stands in the failure."""
        return "try it"

    def script(self) -> str:
        """The text."""
        return self.text


def some_of_each(folder: Path) -> list[Effect]:
    """Effects of every kind that rest on each other, in directories and files with hostile names."""
    effects: list[Effect] = []
    for number, name in enumerate(hostile.NAMES):
        inside = folder / name
        old, new = inside / f"old{number}", inside / name
        effects += [MakeDirectory(path=str(inside)), write(old, None, f"{name}\n"), write(new, None, name)]
        effects += [write(old, f"{name}\n", f"it's {name}", backup=True)]
        effects += [SetMode(path=str(new), before=0o644, after=0o600)]
        effects += [RemoveFile(path=str(old), content=FileText.holding(f"it's {name}"))]
        effects += [Link(path=str(old), target=name, before=None)]
    return effects


@each_shell
def test_all_are_carried_out(shell: str, tmp_path: Path) -> None:
    """Each finds what those before it have left."""
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    effects = some_of_each(tmp_path / "one")
    assert at_once(effects, shell) == (len(effects), None)
    others = some_of_each(tmp_path / "other")
    assert alone(others, "dash") == (len(others), None)
    assert tree(tmp_path / "one") == tree(tmp_path / "other")


@each_shell
@pytest.mark.parametrize("drifted", range(5))
def test_the_first_that_fails_is_the_last(shell: str, drifted: int, tmp_path: Path) -> None:
    """What is before it is done, it says why it is not, and what comes after is not begun."""
    effects: list[Effect] = []
    for number in range(5):
        path = tmp_path / f"file {number}"
        path.write_text("other" if number == drifted else "old")
        effects.append(write(path, "old", "new"))
    done, failed = carried_out(effects, run(in_order(effects), shell))
    assert (done, type(failed)) == (drifted, Drifted)
    assert "its content has changed" in str(failed)
    assert f"file {drifted}" in str(failed)
    found = [(tmp_path / f"file {number}").read_text() for number in range(5)]
    assert found == ["new"] * drifted + ["other"] + ["old"] * (4 - drifted)
    assert len(list(tmp_path.iterdir())) == 5


@each_shell
def test_a_failure_has_its_own_words_and_status(shell: str) -> None:
    """Not those of what came before; and what is printed on either stream counts for nothing else."""
    noisy = Text(text="echo 7 seven; echo said >&2; cd /; n=9; exit 0")
    failing = Text(text="echo why >&2\nexit 7")
    output = run(in_order([noisy, noisy, failing, noisy]), shell)
    assert output.status == 7
    done, failed = carried_out([noisy, noisy, failing, noisy], output)
    assert (done, str(failed)) == (2, "failed: try it: why")
    silent = [noisy, Text(text="exit 7")]
    assert at_once(silent, shell) == (1, "TaskFailed('failed: try it: exit status 7', None, None)")


@each_shell
def test_none_at_all_are_all(shell: str) -> None:
    """Nothing is done, and nothing fails."""
    assert at_once([], shell) == (0, None)


@each_shell
def test_texts_stand_as_they_are(shell: str, tmp_path: Path) -> None:
    """A comment at the end, a here-document and words that a second reading would alter."""
    path = quote_path(str(tmp_path / "it's"))
    effects = [
        Text(text=f"cat > {path} <<'END'\n) $HOME \\ ` '\nEND"),
        Text(text=f"cat >> {path} <<'END'\nend\nEND\n"),
        Text(text=f"echo '$HOME' >> {path} # the end"),
    ]
    assert at_once(effects, shell) == (3, None)
    assert (tmp_path / "it's").read_text() == ") $HOME \\ ` '\nend\n$HOME\n"


@pytest.mark.parametrize(
    "output",
    [
        Output(status=0),
        Output(status=1, stderr=b"killed"),
        Output(status=0, stdout=b"2\n"),
        Output(status=0, stdout=b"x 0a\n"),
        Output(status=0, stdout=b"-1 0a\n"),
        Output(status=0, stdout=b"1 0a\n"),
        Output(status=0, stdout=b"3 0a\n"),
        Output(status=1, stdout=b"2 0a\n"),
    ],
)
def test_without_a_count_nothing_is_known(output: Output) -> None:
    """No count, none that can be, or one that the status belies."""
    with pytest.raises(TaskFailed, match="does not tell how many of 2 changes were made"):
        carried_out([Text(text=":")] * 2, output)


def test_a_status_that_an_effect_takes_for_success_is_a_failure() -> None:
    """The script has ended there all the same."""

    class Lenient(Text):
        def judge(self, output: Output) -> dict[str, object]:
            return {}

    done, failed = carried_out([Lenient(text=":")], Output(status=7, stdout=b"0 0a\n"))
    assert (done, str(failed)) == (0, "failed: try it: exit status 7")


NAMES = ("a", "b", "c", "it's", "-d")
ALIASES = ("same/a", "same/b")
"""Other names of the first two: `same` is a link to the directory that all are in."""
KINDS = ("absent", "file", "other", "link", "hard link", "directory")


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str, str, bool]]]:
    """What is at each name, and effects on some of them: kind, name, content, and whether one is kept."""
    there = draw(st.lists(st.sampled_from(KINDS), min_size=len(NAMES), max_size=len(NAMES)))
    kinds = st.sampled_from([*["create", "replace"] * 3, "again", "remove", "link", "directory", "mode"])
    step = st.tuples(kinds, st.sampled_from((*NAMES, *ALIASES)), hostile.contents, st.booleans())
    return there, draw(st.lists(step, max_size=7))


def grow(root: Path, there: Sequence[str]) -> None:
    """Make what is there; those with the content `old` are as most effects expect them."""
    root.mkdir()
    (root / "behind").write_text("old")
    (root / "same").symlink_to(".")
    for name, kind in zip(NAMES, there, strict=True):
        path = root / name
        if kind in ("file", "other"):
            path.write_text("old" if kind == "file" else "other")
            path.chmod(0o640)
        elif kind == "link":
            path.symlink_to("behind")
        elif kind == "hard link":
            path.hardlink_to(root / "behind")
        elif kind == "directory":
            path.mkdir()


def made(root: Path, step: tuple[str, str, str, bool]) -> Effect:
    """The effect of a step."""
    kind, name, content, backup = step
    path = root / name
    effects: dict[str, Effect] = {
        "create": write(path, None, content),
        "replace": write(path, "old", content, backup=backup),
        "again": write(path, content, "old", backup=backup),
        "remove": RemoveFile(path=str(path), content=FileText.holding("old")),
        "link": Link(path=str(path), target="behind", before=None),
        "directory": MakeDirectory(path=str(path), mode=0o750),
        "mode": SetMode(path=str(path), before=0o640, after=0o600),
    }
    return effects[kind]


@settings(max_examples=100)
@given(shell=st.sampled_from(sorted(SHELLS)), situation=situations())
@example(  # noqa: S604 - a name, not a flag
    shell="dash", situation=(["absent"] * 5, [("create", "a", "", False), ("create", "same/a", "", False)])
)
def test_nothing_is_done_otherwise_than_alone(
    shell: str,
    situation: tuple[list[str], list[tuple[str, str, str, bool]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever is there: the same is done, the same is left, and the failure is the same."""
    root = tmp_path_factory.mktemp("trees")
    there, steps = situation
    results = []
    for how in (at_once, alone):
        grow(root / "tree", there)
        effects = [made(root / "tree", step) for step in steps]
        results.append((how(effects, shell), tree(root / "tree")))
        (root / "tree").rename(root / how.__name__)
    assert results[0] == results[1]
