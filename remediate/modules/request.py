"""What `command` and `shell` have in common: a command line, and when it is needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remediate.effects.base import Effect
from remediate.effects.run import Run, command_result
from remediate.facts.base import Fact
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.files import FileStatus
from remediate.modules.base import HostView


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A command, and what its author says about it."""

    line: CommandLine
    creates: str | None
    removes: str | None
    changes: tuple[str, ...] | None
    read_only: bool
    timeout: float
    undo: CommandLine | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: if there is a contradiction.
        """
        if self.read_only and (self.creates, self.removes, self.changes, self.undo) != (None,) * 4:
            raise ValueError("a read_only command cannot have 'creates', 'removes', 'changes' or 'undo'")
        if self.timeout <= 0:
            raise ValueError("'timeout' must be more than 0 seconds")
        for line in (self.line, self.undo):
            if line is not None:
                line.script()  # refuses what no shell can carry: NUL bytes

    def question(self) -> CommandOutput:
        """The command as a fact, which a dry run asks too."""
        return CommandOutput(self.line, deadline=self.timeout)

    def probe(self) -> Iterable[Fact[Any]]:
        """The command itself if it is read-only, else what decides whether it is needed."""
        if self.read_only:
            yield self.question()
        yield from (FileStatus(path) for path in (self.creates, self.removes) if path is not None)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """One Run, unless the command is read-only or there is nothing for it to do."""
        if self.read_only or not self._is_needed(state):
            return
        yield Run(
            command=self.line,
            creates=self.creates,
            removes=self.removes,
            changes_paths=self.changes,
            undo_command=self.undo,
            deadline=self.timeout,
        )

    def _is_needed(self, state: HostView) -> bool:
        if state.begun:  # what it creates may be its own work; its output is still to be collected
            return True
        if self.creates is not None and state.of(FileStatus(self.creates)).kind != "absent":
            return False
        return self.removes is None or state.of(FileStatus(self.removes)).kind != "absent"

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The command's result; where it was not needed, an empty one as Ansible gives it."""
        if self.read_only:
            return command_result(self.line, state.of(self.question()))
        if outcomes:
            return dict(outcomes[0])
        nothing: dict[str, Any] = {
            "rc": 0,
            "stdout": "",
            "stdout_lines": [],
            "stderr": "",
            "stderr_lines": [],
        }
        return {"cmd": self.line.text(), **nothing, "failed": False}
