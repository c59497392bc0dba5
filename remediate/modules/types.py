"""Types of parameters that several modules share."""

import re
from typing import Annotated, Any

from remediate.modules.checkers import Check


def parse_mode(value: Any) -> Any:
    """Permission bits from `"0644"` or from YAML's octal 0644.

    Raises:
        ValueError: for a mode in letters, and for a number that is none. (That YAML reads a mode without its
            leading zero as a decimal number is seen only in the playbook's text, and told by its lint.)
    """
    if isinstance(value, str) and value and all(digit in "01234567" for digit in value) and len(value) <= 5:
        return int(value, 8)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0o7777:
        raise ValueError(
            f"'{value}' is not a mode; write it as four octal digits in quotes, such as \"0644\""
        )
    return value


def absolute(value: str) -> str:
    """A path that does not depend on where a shell happens to be.

    Raises:
        ValueError: for a relative path, an empty one, or one with a NUL byte.
    """
    if not value.startswith("/"):
        raise ValueError(f"'{value}' is not an absolute path: begin it with '/'")
    if "\0" in value:
        raise ValueError("a path cannot hold a NUL byte")
    return value.rstrip("/") or "/"


def word(value: str) -> str:
    """A text that can be an argument of a program.

    Raises:
        ValueError: if it is empty, or holds a NUL byte.
    """
    if not value or "\0" in value:
        raise ValueError("it cannot be empty" if not value else "it cannot hold a NUL byte")
    return value


def regular_expression(value: str) -> str:
    """A text that Python's `re` takes.

    Raises:
        ValueError: if it is no regular expression.
    """
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"it is not a regular expression: {error}") from None
    return value


Mode = Annotated[int, Check(parse_mode, "before")]
Path = Annotated[str, Check(absolute)]
Word = Annotated[str, Check(word)]
Regexp = Annotated[str, Check(regular_expression)]
