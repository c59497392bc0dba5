"""The files of a playbook: what imports pull in, each parsed once, and never in a circle."""

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

from remediate.controller import THIS_MACHINE, Controller
from remediate.errors import Place, PlaybookError
from remediate.playbook.findings import Findings, describe, is_template
from remediate.playbook.names import MODULE_PREFIX
from remediate.records import dataclass
from remediate.source import Node, load_yaml

_MAX_IMPORTS = 1000
"""Imports in one reading: ten files, each of which imports the next one twice, stand for as many."""

_MAX_NESTED = 20
"""Levels of imports; Python's stack would not bear many more, with blocks in each."""


class SourceFile(NamedTuple):
    """One file as it was reached.

    `path` is the way to it, which its own imports and its plays' directory go by; `name` is what messages
    call it. `trail` are the names of the files that led here, this one being the last, each by its path with
    links followed.
    """

    path: Path
    name: str
    root: Node | None
    trail: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files parsed so far: each once, and with one name in messages however often it is reached."""

    controller: Controller = THIS_MACHINE
    names: dict[str, str] = field(default_factory=dict)
    roots: dict[str, Node | None] = field(default_factory=dict)

    def open(self, path: Path, trail: Mapping[str, str]) -> SourceFile:
        """A file, reached by way of those on the trail.

        Raises:
            PlaybookError: if it cannot be read or is not YAML.
        """
        identity = _identify(path)
        name = self.names.setdefault(identity, str(path))
        if identity not in self.roots:
            self.roots[identity] = load_yaml(name, PlaybookError, self.controller)
        return SourceFile(path=path, name=name, root=self.roots[identity], trail={**trail, identity: name})


@dataclass(frozen=True, kw_only=True)
class Importer:
    """The imports of one reading."""

    findings: Findings
    files: Files
    done: list[Place] = field(default_factory=list)

    def open(self, word: str, value: Node, importing: SourceFile) -> SourceFile | None:
        """The file that an import names, relative to the file it stands in; None where that is a mistake."""
        path = self._find(word, value, importing)
        if path is None or self._is_too_much(value.place, importing):
            return None
        try:
            return self.files.open(path, importing.trail)
        except PlaybookError as error:
            self.findings.mistakes.append(error)
            return None

    def _is_too_much(self, place: Place, importing: SourceFile) -> bool:
        if len(importing.trail) > _MAX_NESTED:
            self.findings.add(
                f"imports nested more than {_MAX_NESTED} levels deep", place, "import the files side by side"
            )
            return True
        self.done.append(place)
        if len(self.done) == _MAX_IMPORTS + 1:  # said once, and not for each one that follows
            self.findings.add(
                f"more than {_MAX_IMPORTS} imports in one playbook",
                place,
                "look for files that import others several times, which do so again",
            )
        return len(self.done) > _MAX_IMPORTS

    def _find(self, word: str, value: Node, importing: SourceFile) -> Path | None:
        if not isinstance(value.value, str) or not value.value.strip():
            self.findings.add(
                f"'{word}' must be a file's path, not {describe(value)}",
                value.place,
                f"write it beside the word, as in `{word}: other.yaml`",
            )
            return None
        if is_template(value.value):
            self.findings.add(
                f"a template in the path of '{word}' is not supported",
                value.place,
                "imports are read before any variable is known: import each file, with a `when` of its own",
            )
            return None
        path = _join(importing.path.parent, value.value)
        if not self.files.controller.is_file(str(path)):
            self.findings.add(
                f"there is no file '{value.value}' to import", value.place, f"looked for {path}"
            )
            return None
        identity = _identify(path)
        if identity in importing.trail:
            names = list(importing.trail.values())[list(importing.trail).index(identity) :]
            self.findings.add(
                f"the imports go round in a circle: {' -> '.join([*names, names[0]])}",
                value.place,
                "leave one of them out",
            )
            return None
        return path


def find_import(node: Node, word: str) -> str | None:
    """The key of a mapping that is this import, as written; None if it is no such import."""
    return next((key for key in (word, MODULE_PREFIX + word) if key in node.value), None)


def _join(directory: Path, path: str) -> Path:
    joined = directory / path
    try:
        plain = Path(os.path.normpath(joined))
        return plain if plain.samefile(joined) else joined  # `..` after a link leads elsewhere
    except (OSError, ValueError):
        return joined


def _identify(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):  # a path with a NUL in it; reading it says so
        return str(path)
