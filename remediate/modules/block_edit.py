"""Editing a block of lines between two marker lines: pure, and the same when done twice."""

import re
from dataclasses import dataclass

from remediate.modules.line_edit import split_lines


@dataclass(frozen=True, kw_only=True)
class BlockEdit:
    """Which lines, between which markers, and where they go if the markers are not there yet.

    `insertafter` and `insertbefore` are regular expressions that find the last line to go beside, or `EOF`
    and `BOF`.
    """

    lines: tuple[str, ...]
    begin: str
    end: str
    insertafter: str | None = None
    insertbefore: str | None = None


class DamagedMarkersError(ValueError):
    """The two marker lines do not stand once each, in their order: what is between them cannot be known."""


def put_block(text: str, edit: BlockEdit) -> str:
    """`text` with the block in it, between its markers, once.

    Raises:
        DamagedMarkersError: if the markers there are do not belong together.
    """
    lines, end = split_lines(text)
    wanted = [edit.begin, *edit.lines, edit.end]
    found = _find(lines, edit.begin, edit.end)
    if found is None:
        at = _position(lines, edit)
        lines[at:at] = wanted
    else:
        lines[found[0] : found[1] + 1] = wanted
    return _join(lines, end, text)


def take_block(text: str, begin: str, end: str) -> str:
    """`text` without the block and its markers, whatever is between them and around them.

    Raises:
        DamagedMarkersError: if the markers there are do not belong together.
    """
    lines, newline = split_lines(text)
    found = _find(lines, begin, end)
    if found is None:
        return text
    del lines[found[0] : found[1] + 1]
    return _join(lines, newline, text)


def _join(lines: list[str], end: str, before: str) -> str:
    # A text without a final newline stays so: when the block goes out again, nothing else would tell.
    ended = before == "" or before.endswith(end)
    return end.join(lines) + (end if lines and ended else "")


def _find(lines: list[str], begin: str, end: str) -> tuple[int, int] | None:
    begins = [number for number, line in enumerate(lines) if line == begin]
    ends = [number for number, line in enumerate(lines) if line == end]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise DamagedMarkersError(
            f"the marker lines '{begin}' and '{end}' do not stand once each, in this order; mend it by hand"
        )
    return begins[0], ends[0]


def _position(lines: list[str], edit: BlockEdit) -> int:
    if edit.insertbefore == "BOF":
        return 0
    anchor = edit.insertafter if edit.insertbefore is None else edit.insertbefore
    if anchor is None or anchor == "EOF":
        return len(lines)
    matching = [number for number, line in enumerate(lines) if re.search(anchor, line)]
    if not matching:
        return len(lines)
    return matching[-1] + (1 if edit.insertbefore is None else 0)
