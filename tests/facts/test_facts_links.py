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
    """A link without a target is not taken for a file."""
    said = b"lrwxrwxrwx 1 root root 1 Jan 1 00:00 /a\n"
    with pytest.raises(TaskFailed, match="cannot read what ls says of /a"):
        Links(("/a",)).parse(Output(status=0, stdout=encode(f"0 {len(said)}\n") + said))


def test_a_question_about_links_knows_what_concerns_it() -> None:
    """A change of a name, or of what is above it."""
    assert Links(("/a/b", "/c")).reads("/a")
    assert Links(("/a/b", "/c")).reads("/c")
    assert not Links(("/a/b", "/c")).reads("/a/b/d")
