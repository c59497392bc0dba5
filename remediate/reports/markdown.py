"""Words of others in Markdown: as prose, as code in a line, as a block, and none of it is markup."""

import re

from remediate.reports.words import one_line

BAR = "\\|"
"""A bar in a table, where it ends no cell; also in code."""

_MARKUP = re.compile(r"([\\`*_\[\]~|$#@!])")
_ENTITIES = {"&": "&amp;", "<": "&lt;"}


def prose(text: str) -> str:
    """The text as it is, in one line: none of it is markup."""
    escaped = _MARKUP.sub(r"\\\1", one_line(text))
    return re.sub("[&<]", lambda found: _ENTITIES[found[0]], escaped)


def code(text: str) -> str:
    """The text as code within a line, behind more backticks than any run of them in it."""
    line = one_line(text) or " "
    marks = "`" * (_longest_run(line) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{blank}{line}{blank}{marks}"


def fence(text: str, language: str = "") -> str:
    """The text as a block of code that no line of it can end."""
    marks = "`" * max(3, _longest_run(text) + 1)
    body = text.removesuffix("\n")
    return f"{marks}{language}\n{body}\n{marks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
