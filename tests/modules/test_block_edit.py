"""blockinfile's edit: a block comes in once, and exactly it goes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.modules.block_edit import BlockEdit, DamagedMarkersError, put_block, take_block

BEGIN, END = "# BEGIN x", "# END x"
LINE = st.text(st.characters(exclude_characters="\r\n"), max_size=12).filter(
    lambda line: line not in (BEGIN, END)
)
LINES = st.lists(LINE, max_size=8)
BLOCK = st.lists(LINE, min_size=1, max_size=4)


def text_of(lines: list[str], newline: str, *, ended: bool) -> str:
    """The lines as a file's text."""
    if not lines or lines == [""]:
        return newline if lines else ""
    return newline.join(lines) + (newline if ended or lines[-1] == "" else "")


def edit_of(block: list[str], after: str | None = None) -> BlockEdit:
    """An edit that puts the block."""
    return BlockEdit(lines=tuple(block), begin=BEGIN, end=END, insertafter=after)


ANY_TEXT = st.one_of(
    st.text(st.sampled_from("ab \r\n")),
    st.builds(text_of, LINES, st.sampled_from(["\n", "\r\n"]), ended=st.booleans()),
)


@given(ANY_TEXT, BLOCK, st.sampled_from([None, "a", "EOF"]))
def test_what_was_put_in_is_taken_out_exactly(text: str, block: list[str], after: str | None) -> None:
    """Taking out what was put in gives the file as it was, byte for byte, with a final newline or without."""
    with_block = put_block(text, edit_of(block, after))
    assert BEGIN in with_block
    assert take_block(with_block, BEGIN, END) == text


@given(LINES, BLOCK)
def test_putting_twice_is_putting_once(lines: list[str], block: list[str]) -> None:
    """The block is never there twice."""
    once = put_block(text_of(lines, "\n", ended=True), edit_of(block))
    assert put_block(once, edit_of(block)) == once


@given(LINES, LINES, LINES, BLOCK)
def test_changes_around_the_block_stay(
    before: list[str], after: list[str], more: list[str], block: list[str]
) -> None:
    """Whatever others write above and below the block is still there when it is taken out."""
    text = text_of([*before, BEGIN, *block, END, *after, *more], "\n", ended=True)
    assert take_block(text, BEGIN, END) == text_of([*before, *after, *more], "\n", ended=True)


def test_a_block_goes_below_its_anchor() -> None:
    """`insertafter` puts it below the last line that matches."""
    text = "[a]\nx=1\n[b]\ny=2\n"
    assert put_block(text, edit_of(["z=3"], r"^\[b\]")) == f"[a]\nx=1\n[b]\n{BEGIN}\nz=3\n{END}\ny=2\n"


@pytest.mark.parametrize(
    "text", [f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n{END}\n"]
)
def test_damaged_markers_are_refused(text: str) -> None:
    """Where the markers do not belong together, nothing is guessed."""
    with pytest.raises(DamagedMarkersError):
        take_block(text, BEGIN, END)
    with pytest.raises(DamagedMarkersError):
        put_block(text, edit_of(["z"]))
