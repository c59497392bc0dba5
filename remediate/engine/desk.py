"""The controller's side of a task: local files, templates and conditions, for one task on one host."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remediate.bourne import decode
from remediate.controller import Controller
from remediate.errors import TaskFailed
from remediate.templating.scope import Scope
from remediate.templating.templar import Templar


@dataclass(frozen=True)
class ControllerDesk:
    """What a module may use on the controller; see `remediate.modules.base.Desk`."""

    templar: Templar
    scope: Scope
    directory: Path
    controller: Controller

    def find(self, path: str, folder: str) -> Path:
        """Where a local file is.

        Raises:
            TaskFailed: if it is nowhere.
        """
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

    def read(self, path: str, folder: str) -> str:
        """The text of a local file.

        Raises:
            TaskFailed: if it is nowhere, or cannot be read.
        """
        file = self.find(path, folder)
        try:
            return decode(self.controller.read(str(file)))
        except OSError as error:
            raise TaskFailed(f"{file} cannot be read: {error.strerror}") from None

    def render(self, text: str) -> str:
        """A template file's text, rendered."""
        return self.templar.render_file(text, self.scope)

    def holds(self, condition: str | bool) -> bool:
        """Whether a condition is true."""
        return self.templar.condition(condition, self.scope)

    def value(self, expression: str) -> Any:
        """The value of a bare expression."""
        return self.templar.render("{{ " + expression + " }}", self.scope)


@dataclass(frozen=True)
class DeskAhead(ControllerDesk):
    """The same before the task's turn: what a template makes of its variables is not asked for yet."""

    def render(self, text: str) -> str:
        """Nothing, without a look at the text."""
        del text
        return ""
