"""Types of parameters that several modules share."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def parse_mode(value: Any) -> Any:
    """Permission bits from `"0644"` or from YAML's octal 0644.

    Raises:
        ValueError: for a mode in letters, and for a number that was written without its leading zero.
    """
    if isinstance(value, str) and value and all(digit in "01234567" for digit in value) and len(value) <= 5:
        return int(value, 8)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0o7777:
        raise ValueError(
            f"'{value}' is not a mode; write it as four octal digits in quotes, such as \"0644\""
        )
    return value


def absolute(value: Any) -> Any:
    """A path that does not depend on where a shell happens to be.

    Raises:
        ValueError: for a relative path, an empty one, or one with a NUL byte.
    """
    if isinstance(value, str):
        if not value.startswith("/"):
            raise ValueError(f"'{value}' is not an absolute path")
        if "\0" in value:
            raise ValueError("a path cannot hold a NUL byte")
        return value if value == "/" else value.rstrip("/") or "/"
    return value


Mode = Annotated[int, BeforeValidator(parse_mode)]
Path = Annotated[str, BeforeValidator(absolute)]
