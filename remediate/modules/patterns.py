"""Paths that may be patterns with `*`, `?` and `[...]`: whether anything is there that they stand for."""

import re
from fnmatch import fnmatchcase
from typing import Any

from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, Listing
from remediate.modules.base import HostView

_MAGIC = re.compile(r"[*?[]")


def is_pattern(path: str) -> bool:
    """Whether a path may stand for others; it stands for itself as well."""
    return _MAGIC.search(path) is not None


def fixed_part(path: str) -> str:
    """The path itself, or the directory in which all lie that a pattern stands for."""
    found = _MAGIC.search(path)
    return path if found is None else path[: path.rindex("/", 0, found.start())] or "/"


def looked_at(path: str) -> Fact[Any]:
    """What has to be asked first to tell what is there."""
    return Listing(fixed_part(path)) if is_pattern(path) else FileStatus(path)


def is_there(state: HostView, path: str) -> bool:
    """Whether there is anything at a path, or at one that a pattern stands for."""
    if not is_pattern(path):
        return state.of(FileStatus(path)).kind != "absent"
    directory = fixed_part(path)
    return _is_below(state, directory, [step for step in path[len(directory) :].split("/") if step])


def _is_below(state: HostView, directory: str, steps: list[str]) -> bool:
    step, *more = steps
    paths = [
        f"{directory.rstrip('/')}/{name}" for name in state.of(Listing(directory)) or () if _fits(name, step)
    ]
    if not more or not paths:
        return bool(paths)
    below = "/".join(more)
    if is_pattern(below):
        return any(_is_below(state, path, more) for path in paths)
    return any(state.of(FileStatus(f"{path}/{below}")).kind != "absent" for path in paths)


def _fits(name: str, pattern: str) -> bool:
    """As a shell does it: what begins with a dot is found only by a pattern that does."""
    hidden = name.startswith(".") and not pattern.startswith(".")
    return name == pattern or (not hidden and fnmatchcase(name, pattern))
