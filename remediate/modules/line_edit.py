"""Editing one line of a text, as Ansible's lineinfile does: pure, total, and the same when done twice."""

import re

from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class LineEdit:
    """Which line, and where it goes if it is not there yet.

    `insertafter` and `insertbefore` are regular expressions, or `EOF` and `BOF`.
    """

    line: str
    regexp: str | None = None
    backrefs: bool = False
    insertafter: str | None = None
    insertbefore: str | None = None
    firstmatch: bool = False


def put_line(text: str, edit: LineEdit) -> str:
    """`text` with the line in it.

    The last line that `regexp` finds (the first with `firstmatch`) is replaced. If none is found and the line
    is not there as it is, it is added after or before the place that the anchors name, else at the end.
    """
    lines, end = split_lines(text)
    found = _find(lines, edit.regexp, first=edit.firstmatch)
    if found is not None and edit.regexp is not None:
        match = re.search(edit.regexp, _bare(lines[found]))
        new = match.expand(edit.line) if edit.backrefs and match else edit.line
        lines[found] = f"{new}\r" if lines[found].endswith("\r") else new
    elif edit.backrefs or any(_is(line, edit.line) for line in lines):
        return text
    else:
        lines.insert(_position(lines, edit), edit.line)
    return join_lines(lines, end, text)


def check_backrefs(line: str, regexp: str) -> None:
    """Make sure that `line` refers only to groups that `regexp` has.

    Raises:
        ValueError: if it does not.
    """
    matches_anything = re.compile(f"{regexp}|").match("")
    try:
        if matches_anything:
            matches_anything.expand(line)
    except (re.error, IndexError) as error:
        raise ValueError(f"'line' does not fit the groups of 'regexp': {error}") from None


def remove_lines(text: str, *, line: str | None, regexp: str | None) -> str:
    """`text` without the lines that equal `line`, or without those that `regexp` finds."""
    lines, end = split_lines(text)
    if regexp is not None:
        kept = [each for each in lines if not re.search(regexp, _bare(each))]
    else:
        kept = [each for each in lines if not _is(each, line or "")]
    return text if len(kept) == len(lines) else join_lines(kept, end, text)


def split_lines(text: str) -> tuple[list[str], str]:
    """The lines without their ends, and what ends a line here: a line feed, or CR and LF as on Windows."""
    end = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
    lines = text.split(end)
    if lines[-1] == "":
        lines.pop()
    return lines, end


def join_lines(lines: list[str], end: str, before: str) -> str:
    """The text again. A last line that had no end keeps none, unless another line has come after it."""
    if not lines:
        return ""
    unended = before != "" and not before.endswith(end) and lines[-1] == before.rsplit(end, 1)[-1]
    return end.join(lines) + ("" if unended else end)


def _bare(line: str) -> str:
    # In a text where only some lines end with CR and LF, the CR is left at the line.
    return line.removesuffix("\r")


def _is(line: str, wanted: str) -> bool:
    return wanted in (line, _bare(line))


def _find(lines: list[str], regexp: str | None, *, first: bool) -> int | None:
    if regexp is None:
        return None
    found = [number for number, line in enumerate(lines) if re.search(regexp, _bare(line))]
    return (found[0] if first else found[-1]) if found else None


def _position(lines: list[str], edit: LineEdit) -> int:
    if "BOF" in (edit.insertbefore, edit.insertafter):
        return 0
    anchor = edit.insertbefore if edit.insertbefore is not None else edit.insertafter
    if anchor is None or anchor == "EOF":
        return len(lines)
    found = _find(lines, anchor, first=edit.firstmatch)
    if found is None:
        return len(lines)
    return found if edit.insertbefore is not None else found + 1
