"""Comparing version numbers: loosely, strictly, and by the rules of semantic versioning."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from remediate.errors import TemplateError

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("==", "=", "eq"), operator.eq),
    **dict.fromkeys(("!=", "<>", "ne"), operator.ne),
    **dict.fromkeys(("<", "lt"), operator.lt),
    **dict.fromkeys(("<=", "le"), operator.le),
    **dict.fromkeys((">", "gt"), operator.gt),
    **dict.fromkeys((">=", "ge"), operator.ge),
}
_STRICT = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?")
_SEMANTIC = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def loose(text: str) -> list[int | str]:
    """Runs of digits compare as numbers, runs of letters as text; dots part them. The two do not compare."""
    return [int(run) if run.isdigit() else run for run in re.findall(r"\d+|[a-z]+|[^.\da-z]+", text)]


def strict(text: str) -> tuple[int, int, int, tuple[str, int]]:
    """Two or three numbers, and perhaps `a1` or `b1` for a pre-release, which comes before the release."""
    match = _STRICT.fullmatch(text)
    if match is None:
        raise TemplateError(f"'{text}' is not a strict version number", cure="e.g. 1.2, 1.2.3 or 1.2.3b1")
    release = (match[4], int(match[5])) if match[4] else ("final", 0)  # "final" sorts after "a" and "b"
    return int(match[1]), int(match[2]), int(match[3] or 0), release


def semantic(text: str) -> tuple[int, int, int, bool, list[tuple[bool, Any]]]:
    """Three numbers, and perhaps a pre-release, which comes before the release; build data does not count."""
    match = _SEMANTIC.fullmatch(text)
    if match is None:
        raise TemplateError(f"'{text}' is not a semantic version", cure="e.g. 1.2.3 or 1.2.3-rc1")
    words = match[4].split(".") if match[4] else []
    # Numbers come before words, and compare as numbers.
    release = [(False, int(word)) if word.isdigit() else (True, word) for word in words]
    return int(match[1]), int(match[2]), int(match[3]), not words, release


_READERS: Mapping[str, Callable[[str], Any]] = {
    "loose": loose,
    "strict": strict,
    "semver": semantic,
    "semantic": semantic,
}


def compare(
    value: Any,
    version: Any,
    operator: str = "eq",
    strict: bool | None = None,
    version_type: str | None = None,
) -> bool:
    """Whether a version stands in the given relation to another: `'1.10' is version('1.9', '>')`."""
    if operator not in _OPERATORS:
        raise TemplateError(f"no comparison '{operator}'", cure=f"use one of {' '.join(_OPERATORS)}")
    if not str(value) or not str(version):
        raise TemplateError("an empty version cannot be compared")
    kind = version_type or ("strict" if strict else "loose")
    if kind not in _READERS:
        raise TemplateError(f"no version type '{kind}'", cure=f"use one of {', '.join(_READERS)}")
    return _OPERATORS[operator](_READERS[kind](str(value)), _READERS[kind](str(version)))
