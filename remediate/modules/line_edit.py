"""Editing one line of a text, as Ansible's lineinfile does: pure, total, and the same when done twice."""

import re

from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class LineEdit:
    """Which line, and where it goes if it is not there yet.

    `insertafter` and `insertbefore` are regular expressions, or `EOF` and `BOF`. All regular expressions are
    searched in a line with its line feed, if it has one.
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
    found = _find(searched_lines(text), edit.regexp, first=edit.firstmatch)
    if found is not None:
        number, match = found
        new = match.expand(edit.line).removesuffix("\n") if edit.backrefs else edit.line
        lines[number] = f"{new}\r" if lines[number].endswith("\r") else new
    elif edit.backrefs or any(_is(line, edit.line) for line in lines):
        return text
    else:
        lines.insert(_position(text, edit, len(lines)), edit.line)
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
        searched = zip(lines, searched_lines(text), strict=True)
        kept = [each for each, whole in searched if not re.search(regexp, whole)]
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


def searched_lines(text: str) -> list[str]:
    """The lines as regular expressions see them: each with its line feed, but without its CR."""
    lines, _ = split_lines(text)
    seen = [f"{_bare(line)}\n" for line in lines]
    return seen if text.endswith("\n") else [*seen[:-1], *map(_bare, lines[-1:])]


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


def _find(searched: list[str], regexp: str | None, *, first: bool) -> tuple[int, re.Match[str]] | None:
    if regexp is None:
        return None
    found = [(number, match) for number, line in enumerate(searched) if (match := re.search(regexp, line))]
    return (found[0] if first else found[-1]) if found else None


def _position(text: str, edit: LineEdit, end: int) -> int:
    if "BOF" in (edit.insertbefore, edit.insertafter):
        return 0
    anchor = edit.insertbefore if edit.insertbefore is not None else edit.insertafter
    found = None if anchor == "EOF" else _find(searched_lines(text), anchor, first=edit.firstmatch)
    if found is None:
        return end
    return found[0] if edit.insertbefore is not None else found[0] + 1
