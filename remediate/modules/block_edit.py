"""Editing a block of lines between two marker lines: pure, and the same when done twice."""

import re

from remediate.modules.line_edit import searched_lines, split_lines
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class BlockEdit:
    """Which lines, between which markers, and where they go if the markers are not there yet.

    `insertafter` and `insertbefore` are regular expressions that find the last line to go beside (in the line
    with its line feed, if it has one), or `EOF` and `BOF`.
    """

    lines: tuple[str, ...]
    begin: str
    end: str
    insertafter: str | None = None
    insertbefore: str | None = None


class DamagedBlockError(ValueError):
    """What is there is not what was put in, so what to take out cannot be known; `line` is the place."""

    def __init__(self, line: int, message: str, cure: str) -> None:
        super().__init__(message)
        self.line, self.cure = line, cure


def put_block(text: str, edit: BlockEdit) -> str:
    """`text` with the block in it, between its markers, once.

    Raises:
        DamagedBlockError: if the markers there are do not belong together.
    """
    lines = _lines_with_ends(text)
    found = _find(lines, edit.begin, edit.end)
    first, after = found if found is not None else (_position(text, edit, len(lines)),) * 2
    newline = split_lines(text if found is None else lines[first])[1]
    wanted = [line + newline for line in (edit.begin, *edit.lines, edit.end)]
    if after == len(lines) and lines and not lines[-1].endswith("\n"):
        # A text without a final newline stays so: when the block goes out again, nothing else would tell.
        wanted[-1] = edit.end
        if first == after:
            lines[-1] += newline
    lines[first:after] = wanted
    return "".join(lines)


def take_block(text: str, begin: str, end: str, block: tuple[str, ...] = ()) -> str:
    """`text` without the markers and what is between them; with `block`, without the markers and its lines.

    With `block`, what others have written between the markers stays, and each of its lines must be there.

    Raises:
        DamagedBlockError: if the markers do not belong together, or a line of the block is not between them.
    """
    lines = _lines_with_ends(text)
    found = _find(lines, begin, end)
    if found is None:
        return text
    first, after = found
    gone = set(range(first, after))
    if block:
        gone = {first, *_ours(lines, first + 1, after - 1, block), after - 1}
    kept = [line for number, line in enumerate(lines) if number not in gone]
    if kept and after == len(lines) and not lines[-1].endswith("\n"):
        # The end of the line before the block came with the block; it is like those of our own lines.
        ours = "\r\n" if lines[first].endswith("\r\n") else "\n"
        kept[-1] = kept[-1].removesuffix(ours).removesuffix("\n")
    return "".join(kept)


def _lines_with_ends(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _bare(line: str) -> str:
    """A line without its end."""
    return line.removesuffix("\n").removesuffix("\r")


def _find(lines: list[str], begin: str, end: str) -> tuple[int, int] | None:
    """Where the block begins, and the number of the first line after it."""
    begins = [number for number, line in enumerate(lines, 1) if _bare(line) == begin]
    ends = [number for number, line in enumerate(lines, 1) if _bare(line) == end]
    if not begins and not ends:
        return None
    if len(begins) == len(ends) == 1 and begins[0] < ends[0]:
        return begins[0] - 1, ends[0]
    alike = [number for number, line in enumerate(lines, 1) if begin in line or end in line]
    longer = [number for number in alike if number not in begins + ends]
    if longer:
        raise DamagedBlockError(
            longer[0],
            f"'{_bare(lines[longer[0] - 1])}' holds a marker line and more",
            "put what is not the marker on a line of its own",
        )
    raise DamagedBlockError(
        alike[-1],
        f"the marker lines '{begin}' and '{end}' do not stand once each, in this order, but in "
        + " and ".join(_places(begin, begins) + _places(end, ends)),
        "mend them by hand, or take out by hand what belongs to them",
    )


def _places(marker: str, numbers: list[int]) -> list[str]:
    return [f"line {number} '{marker}'" for number in numbers] or [f"no line '{marker}'"]


def _ours(lines: list[str], first: int, after: int, block: tuple[str, ...]) -> list[int]:
    """The numbers of the block's lines among these, each after the one before."""
    found: list[int] = []
    for wanted in block:
        rest = range(found[-1] + 1 if found else first, after)
        number = next((each for each in rest if _bare(lines[each]) == wanted), None)
        if number is None:
            raise DamagedBlockError(
                first,
                f"'{wanted}' is not between the marker lines '{_bare(lines[first - 1])}' and "
                f"'{_bare(lines[after])}', so it was changed or taken out",
                "take out by hand what belongs to them, and these two lines",
            )
        found.append(number)
    return found


def _position(text: str, edit: BlockEdit, end: int) -> int:
    if edit.insertbefore == "BOF":
        return 0
    anchor = edit.insertafter if edit.insertbefore is None else edit.insertbefore
    if anchor is None or anchor == "EOF":
        return end
    matching = [number for number, line in enumerate(searched_lines(text)) if re.search(anchor, line)]
    if not matching:
        return end
    return matching[-1] + (1 if edit.insertbefore is None else 0)
