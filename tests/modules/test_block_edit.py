"""blockinfile's edit: a block comes in once, and exactly it goes out."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from module_view import Told, built

from remediate.effects.write import WriteFile
from remediate.facts.files import FileStatus, FileText, PathStatus, Text
from remediate.modules.block_edit import BlockEdit, DamagedBlockError, put_block, take_block

BEGIN, END = "# BEGIN x", "# END x"
LINE = st.text(st.characters(exclude_characters="\r\n"), max_size=12).filter(
    lambda line: line not in (BEGIN, END)
)
LINES = st.lists(LINE, max_size=8)
BLOCK = st.lists(LINE, min_size=1, max_size=4)
NEWLINE = st.sampled_from(["\n", "\r\n"])


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
    st.builds(text_of, LINES, NEWLINE, ended=st.booleans()),
)
ANCHOR = st.sampled_from([None, "a", "EOF"])


@given(ANY_TEXT, BLOCK, ANCHOR)
def test_what_was_put_in_is_taken_out_exactly(text: str, block: list[str], after: str | None) -> None:
    """Taking out what was put in gives the file as it was, byte for byte, with a final newline or without."""
    with_block = put_block(text, edit_of(block, after))
    assert BEGIN in with_block
    assert take_block(with_block, BEGIN, END) == text
    assert take_block(with_block, BEGIN, END, tuple(block)) == text


@given(ANY_TEXT, BLOCK, ANCHOR)
def test_putting_twice_is_putting_once(text: str, block: list[str], after: str | None) -> None:
    """The block is never there twice."""
    once = put_block(text, edit_of(block, after))
    assert put_block(once, edit_of(block, after)) == once


def whole_lines(text: str) -> list[str]:
    """The lines of a text, each with its end."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


@given(
    text=ANY_TEXT,
    block=BLOCK,
    anchor=ANCHOR,
    foreign=st.lists(st.tuples(st.integers(0, 20), LINE, NEWLINE), max_size=5),
    unended=st.booleans(),
)
def test_only_what_others_have_written_is_left(
    text: str, block: list[str], anchor: str | None, foreign: list[tuple[int, str, str]], unended: bool
) -> None:
    """Lines that others have put before, into or behind the block, with any ends, stay where they are."""
    # As the file would be without us: each line of ours is marked, not removed.
    ours = [BEGIN, *block, END]
    lines = whole_lines(put_block(text, edit_of(block, anchor)))
    start = next(number for number, line in enumerate(lines) if line.rstrip("\r\n") == BEGIN)
    marked = [(line, start <= number < start + len(ours)) for number, line in enumerate(lines)]
    for place, line, newline in foreign:
        if line not in ours:  # which of two equal lines is whose, nobody could tell
            at = place % (len(marked) + 1)
            if at == len(marked) and not marked[-1][0].endswith("\n"):
                marked[-1] = (marked[-1][0] + "\n", marked[-1][1])
            marked.insert(at, (line + newline, False))
    if unended and not marked[-1][1]:
        marked[-1] = (marked[-1][0].removesuffix("\n"), False)
    assume(marked[-1][0])
    kept = [line for line, is_ours in marked if not is_ours]
    after = take_block("".join(line for line, _ in marked), BEGIN, END, tuple(block))
    if marked[-1][0].endswith("\n") or not marked[-1][1] or not kept:
        assert after == "".join(kept)
    else:  # the file had no final newline, and nobody has given it one
        assert after in ("".join(kept).removesuffix("\n"), "".join(kept).removesuffix("\r\n"))


@given(LINES, LINES, LINES, BLOCK)
def test_without_its_lines_all_between_the_markers_goes(
    before: list[str], between: list[str], after: list[str], block: list[str]
) -> None:
    """Whatever others write above and below the block is still there when it is taken out."""
    text = text_of([*before, BEGIN, *block, *between, END, *after], "\n", ended=True)
    assert take_block(text, BEGIN, END) == text_of([*before, *after], "\n", ended=True)


def test_a_block_goes_below_its_anchor() -> None:
    """`insertafter` puts it below the last line that matches, whatever ends the line."""
    text = "[a]\nx=1\n[b]\ny=2\n"
    assert put_block(text, edit_of(["z=3"], r"^\[b\]$")) == f"[a]\nx=1\n[b]\n{BEGIN}\nz=3\n{END}\ny=2\n"
    assert put_block(text, edit_of(["z=3"], r"^\[b\]\s")) == put_block(text, edit_of(["z=3"], r"^\[b\]$"))
    mixed = "[b]\r\ny=2\n"
    assert put_block(mixed, edit_of(["z=3"], r"^\[b\]$")) == f"[b]\r\n{BEGIN}\nz=3\n{END}\ny=2\n"


DAMAGED = [
    (f"{BEGIN}\n", 1, f"in line 1 '{BEGIN}' and no line '{END}'"),
    (f"a\n{END}\n", 2, f"in no line '{BEGIN}' and line 2 '{END}'"),
    (f"{END}\n{BEGIN}\n", 2, f"in line 2 '{BEGIN}' and line 1 '{END}'"),
    (f"{BEGIN}\n{BEGIN}\n{END}\n", 3, f"line 1 '{BEGIN}' and line 2 '{BEGIN}' and line 3 '{END}'"),
    (f"a\n{BEGIN}\r\nz\r\n{END}joined\r\n", 4, f"'{END}joined' holds a marker line and more"),
]


@pytest.mark.parametrize(("text", "line", "said"), DAMAGED)
def test_damaged_markers_are_refused(text: str, line: int, said: str) -> None:
    """Where the markers do not belong together, nothing is guessed: it is said where and what they are."""
    for act in (lambda: take_block(text, BEGIN, END), lambda: put_block(text, edit_of(["z"]))):
        with pytest.raises(DamagedBlockError) as refused:
            act()
        assert said in str(refused.value)
        assert refused.value.line == line


@pytest.mark.parametrize("between", ["", "two\none\n", "one\n"])
def test_a_block_that_was_changed_is_refused(between: str) -> None:
    """If a line of the block is not there, or not in its order, nothing is taken out."""
    with pytest.raises(DamagedBlockError, match=r"is not between the marker lines .* so it was changed"):
        take_block(f"a\n{BEGIN}\n{between}{END}\n", BEGIN, END, ("one", "two"))


def test_blank_lines_are_part_of_the_block() -> None:
    """Those at its beginning and end go in and come out as well; the last line end is none of them."""
    blank = {"path": "/f", "marker": "# {mark} x", "block": "\none\n\n"}
    text = f"a\n{BEGIN}\n\none\n\n{END}\n"
    for before, after, params in (("a\n", text, blank), (text, "a\n", {**blank, "state": "absent"})):
        held = {Text("/f"): FileText.holding(before), FileStatus("/f"): PathStatus(kind="file", mode=0o644)}
        (effect,) = built("blockinfile", **params).decide(Told(held))
        assert isinstance(effect, WriteFile)
        assert effect.after == after
