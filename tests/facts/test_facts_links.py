"""Which names are links is told of any name, on any shell."""

from pathlib import Path

import hostile
import pytest
from local_host import SHELLS, answer, tree

from remediate.bourne import encode
from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.facts.links import Links


@pytest.mark.parametrize("shell", SHELLS)
def test_links_are_told_from_what_is_none(shell: str, tmp_path: Path) -> None:
    """Each link with its target, however odd both are; files, directories and what is absent are none."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "to").mkdir()
    links = {f"{tmp_path}/{name}": f"to/{name}" for name in hostile.NAMES}
    for name, target in links.items():
        Path(name).symlink_to(target)
    before = tree(tmp_path)
    asked = (f"{tmp_path}/file", *links, f"{tmp_path}/to", f"{tmp_path}/absent", "/")
    assert answer(Links(asked), shell) == links
    assert tree(tmp_path) == before


def test_words_of_ls_that_cannot_be_read_are_an_error() -> None:
    """A link without a target is not taken for a file, nor is anything of ours that did not arrive whole."""
    line = "lrwxrwxrwx 1 root root 1 Jan 1 00:00 /a"
    for printed in (f"0 m\n{line}\nm\n", f"0 m\n{line} -> b\n", f"1 m\n{line} -> b\nm\n", "0\n", "x m\nm\n"):
        with pytest.raises(TaskFailed, match=r"cannot read what ls says of (/a|some names)"):
            Links(("/a",)).parse(Output(status=0, stdout=encode(printed)))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_target_is_no_answer_about_another_name(shell: str, tmp_path: Path) -> None:
    """Whatever lines it holds: nobody knows beforehand what ends an answer."""
    one, other = tmp_path / "one", tmp_path / "other"
    other.write_text("x")
    target = f"x\n1 40\nlrwxrwxrwx 1 0 0 1 Jan 1 00:00 {other} -> /etc/shadow\n0 m\nm\n"
    one.symlink_to(target)
    assert answer(Links((str(one), str(other))), shell) == {str(one): target}


def test_a_question_about_links_knows_what_concerns_it() -> None:
    """A change of a name, or of what is above it."""
    assert Links(("/a/b", "/c")).reads("/a")
    assert Links(("/a/b", "/c")).reads("/c")
    assert not Links(("/a/b", "/c")).reads("/a/b/d")
