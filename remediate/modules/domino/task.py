"""domino_task: a task of a Domino server, loaded or not."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.effects.console_task import ConsoleTask
from remediate.facts.base import Fact
from remediate.facts.domino import DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.domino_task import has_task
from remediate.modules.base import HostView, Module
from remediate.modules.domino.server import ConsoleParameter, console_of
from remediate.modules.types import Path, Regexp
from remediate.records import dataclass

_NAME = re.compile(r"[A-Za-z0-9_.$#-]+")


@dataclass(frozen=True, kw_only=True)
class DominoTask(Module):
    """The task `name` is loaded, unloaded, or started anew (`restarted`: once ended, if it runs, and loaded).

    It is loaded with `command`, or `load NAME`, and ended with `tell NAME quit`. Proof is that `show tasks`
    has it, or not; where it does not get so within `timeout` seconds, the task fails with the console's
    words. `success` and `failure` are regular expressions, compared without case: with the first, a line
    after `command` must match it as well; the task fails at once when one matches the second. `cure` is said
    with a failure. Registers `name`, and `lines` (what the console said, if it was needed). That the right
    partition answers is made sure first.
    """

    data: Path
    program: Path
    name: str
    state: Literal["loaded", "unloaded", "restarted"] = "loaded"
    command: str | None = None
    success: Regexp | None = None
    failure: Regexp | None = None
    cure: str | None = None
    console: ConsoleParameter = None
    console_log: Path | None = None
    timeout: float = 120.0

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for a name that is no task's, a command of several lines or where nothing is loaded,
                or a log that is named twice, and differently.
        """
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"'name' must be one word, the name of a task as `show tasks` has it: '{self.name}'"
            )
        if self.command is not None and (not self.command.strip() or "\n" in self.command):
            raise ValueError("'command' must be one line of a console command")
        for name in ("command", "success", "failure"):
            if getattr(self, name) is not None and self.state == "unloaded":
                raise ValueError(f"'{name}' is about the task's start, and 'state: unloaded' ends it")
        self._console()

    def probe(self) -> Iterable[Fact[Any]]:
        """The tasks there are."""
        return (DominoTasks(console=self._console()),)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """The commands that are needed."""
        console = self._console()
        runs = has_task(state.of(DominoTasks(console=console)), self.name)
        if runs and self.state != "loaded":
            yield ConsoleTask(
                console=console,
                name=self.name,
                loaded=False,
                command=f"tell {self.name} quit",
                patience=self.timeout,
            )
        if self.state == "restarted" or (self.state == "loaded" and not runs):
            yield ConsoleTask(
                console=console,
                name=self.name,
                loaded=True,
                command=self.command or f"load {self.name}",
                success=self.success,
                failure=self.failure,
                cure=self.cure,
                patience=self.timeout,
            )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The console's lines after the last command."""
        return {"name": self.name, "lines": outcomes[-1]["lines"] if outcomes else []}

    def _console(self) -> Console:
        return console_of(self.data, self.program, self.console, self.console_log)
