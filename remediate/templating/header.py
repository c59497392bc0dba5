"""The first line of a template file that begins with `#jinja2:`: how the file itself is to be read."""

import ast
from typing import Any

from remediate.errors import TemplateError
from remediate.templating.environment import Sandbox

_HEADER = "#jinja2:"
_SWITCHES = ("trim_blocks", "lstrip_blocks")
_STARTS = ("block_start_string", "variable_start_string", "comment_start_string")
_MARKS = (*_STARTS, *(start.replace("_start_", "_end_") for start in _STARTS))


def has_header(text: str) -> bool:
    """Whether the first line says how to read the others."""
    return text.startswith(_HEADER)


def read_by_header(environment: Sandbox, source: str) -> tuple[Sandbox, str]:
    """What reads the file as its header wants it, and the file without the header.

    Raises:
        TemplateError: if the header is not valid, or wants what is not there.
    """
    if not has_header(source):
        return environment, source
    line, _, text = source.partition("\n")
    wanted = dict(_pair(line, pair) for pair in line.removeprefix(_HEADER).split(","))
    if len({wanted.get(start, getattr(environment, start)) for start in _STARTS}) < len(_STARTS):
        raise _refused(line, "two kinds of marks begin alike")
    return environment.overlay(**wanted), text


def _pair(line: str, pair: str) -> tuple[str, Any]:
    name, colon, written = pair.partition(":")
    name = name.strip()
    if not colon or name not in _SWITCHES + _MARKS:
        raise _refused(line, f"'{pair.strip()}' is not one of them")
    try:
        value = ast.literal_eval(written.strip())
    except (ValueError, SyntaxError):
        value = None
    if not isinstance(value, bool if name in _SWITCHES else str) or value == "":
        what = "True or False" if name in _SWITCHES else "a text in quotes"
        raise _refused(line, f"'{name}' must be {what}, not '{written.strip()}'")
    return name, value


def _refused(line: str, why: str) -> TemplateError:
    return TemplateError(
        f"line 1 of the template, `{line}`, is no header that can be obeyed: {why}",
        cure=f"a header sets {', '.join(_SWITCHES + _MARKS)}, parted by commas; take it out if it is text",
    )
