"""The controller's side of a task: local files, templates and conditions, for one task on one host."""

from dataclasses import field
from pathlib import Path
from typing import Any

from remediate.bourne import decode
from remediate.controller import Controller
from remediate.errors import TaskFailed
from remediate.records import dataclass
from remediate.templating.scope import Scope
from remediate.templating.templar import Templar


class Personal(Exception):  # noqa: N818 - it says how the module must be built, and is no error
    """What was asked for may be another for each host."""


@dataclass(frozen=True)
class Shelf:
    """The files beside a playbook. What was found or read once is not looked for again."""

    directory: Path
    controller: Controller
    _found: dict[tuple[str, str], Path] = field(default_factory=dict)
    _texts: dict[Path, str] = field(default_factory=dict)

    def find(self, path: str, folder: str) -> Path:
        """Where a local file is.

        Raises:
            TaskFailed: if it is nowhere.
        """
        if (path, folder) not in self._found:
            self._found[path, folder] = self._look_for(path, folder)
        return self._found[path, folder]

    def _look_for(self, path: str, folder: str) -> Path:
        candidates = [self.directory / folder / path, self.directory / path]
        for candidate in candidates:
            if self.controller.is_file(str(candidate)):
                return candidate
        looked = " and ".join(str(candidate) for candidate in dict.fromkeys(candidates))
        raise TaskFailed(f"there is no file '{path}' on the controller", cure=f"looked for {looked}")

    def size(self, file: Path) -> int:
        """How many bytes a local file holds, as it was when the run was planned.

        Raises:
            TaskFailed: if it cannot be told.
        """
        try:
            return self.controller.size(str(file))
        except OSError as error:
            raise TaskFailed(f"{file} cannot be read: {error.strerror}") from None

    def read(self, file: Path) -> str:
        """The text of a local file.

        Raises:
            TaskFailed: if it cannot be read.
        """
        if file not in self._texts:
            try:
                self._texts[file] = decode(self.controller.read(str(file)))
            except OSError as error:
                raise TaskFailed(f"{file} cannot be read: {error.strerror}") from None
        return self._texts[file]


@dataclass(frozen=True)
class ControllerDesk:
    """What a module may use on the controller; see `remediate.modules.base.Desk`.

    Without a scope it serves for a module that is the same for every host; what is not raises Personal.
    """

    templar: Templar
    scope: Scope | None
    shelf: Shelf

    def find(self, path: str, folder: str) -> Path:
        """See Shelf."""
        return self.shelf.find(path, folder)

    def size(self, file: Path) -> int:
        """See Shelf."""
        return self.shelf.size(file)

    def read(self, path: str, folder: str) -> str:
        """See Shelf."""
        return self.shelf.read(self.shelf.find(path, folder))

    def render(self, path: str, folder: str) -> str:
        """What a template file gives."""
        file = self.shelf.find(path, folder)
        return self.templar.render_file(self.shelf.read(file), self._own(), str(file))

    def holds(self, condition: str | bool) -> bool:
        """Whether a condition is true."""
        return self.templar.condition(condition, self._own())

    def value(self, expression: str) -> Any:
        """The value of a bare expression."""
        return self.templar.render("{{ " + expression + " }}", self._own())

    def _own(self) -> Scope:
        if self.scope is None:
            raise Personal
        return self.scope


@dataclass(frozen=True)
class DeskAhead(ControllerDesk):
    """The same before the task's turn: what a template makes of its variables is not asked for yet."""

    def render(self, path: str, folder: str) -> str:
        """Nothing, without a look at the file."""
        del path, folder
        return ""
