"""What `command` and `shell` have in common: where and with what a command runs, and when it is needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.effects.run import Run, command_result
from remediate.facts.base import Fact
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.modules.base import HostView, Module
from remediate.modules.patterns import fixed_part, is_pattern, is_there, looked_at
from remediate.modules.types import Path
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Running(Module):
    """A command, and what its author says about it."""

    prepared: ClassVar[tuple[str, ...]] = ("environment",)

    chdir: Path | None = None
    creates: Path | None = None
    removes: Path | None = None
    changes: tuple[Path, ...] | None = None
    undo: str | None = None
    read_only: bool = False
    stdin: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: if there is a contradiction.
        """
        if self.undo is not None and not self.undo.strip():
            raise ValueError("'undo' is empty; leave it out if nothing takes the command back")
        if self.read_only and (self.creates, self.removes, self.changes, self.undo) != (None,) * 4:
            raise ValueError("a read_only command cannot have 'creates', 'removes', 'changes' or 'undo'")
        if self.timeout <= 0:
            raise ValueError("'timeout' must be more than 0 seconds")
        for line in (self.line, self.undo_line):
            if line is not None:
                line.script()  # refuses what no shell can carry: NUL bytes

    @classmethod
    def may_change(cls, params: Mapping[str, Any]) -> bool:
        """Unless it is declared read-only."""
        return params.get("read_only") is not True

    @cached_property
    def line(self) -> CommandLine:
        """What is run."""
        return self._given(self._setting)

    @cached_property
    def undo_line(self) -> CommandLine | None:
        """What takes it back; it has nothing to read."""
        return None if self.undo is None else self._undoing(replace(self._setting, stdin=None), self.undo)

    @property
    def _setting(self) -> CommandLine:
        return CommandLine(chdir=self.chdir, environment=tuple(self.environment.items()), stdin=self.stdin)

    def _given(self, setting: CommandLine) -> CommandLine:
        """The command of the task, there."""
        raise NotImplementedError

    def _undoing(self, setting: CommandLine, undo: str) -> CommandLine:
        """The command that `undo` is, there."""
        raise NotImplementedError

    def _question(self) -> CommandOutput:
        """The command as a fact, which a dry run asks too."""
        return CommandOutput(self.line, deadline=self.timeout)

    def probe(self) -> Iterable[Fact[Any]]:
        """The command itself if it is read-only, else what decides whether it is needed."""
        if self.read_only:
            yield self._question()
        yield from (looked_at(path) for path in (self.creates, self.removes) if path is not None)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """One Run, unless the command is read-only or there is nothing for it to do."""
        if self.read_only or not self._is_needed(state):
            return
        patterns = [path for path in (self.creates, self.removes) if path is not None and is_pattern(path)]
        yield Run(
            command=self.line,
            creates=None if self.creates in patterns else self.creates,
            removes=None if self.removes in patterns else self.removes,
            changes_paths=None if self.changes is None else (*self.changes, *map(fixed_part, patterns)),
            undo_command=self.undo_line,
            deadline=self.timeout,
        )

    def _is_needed(self, state: HostView) -> bool:
        if state.begun:  # what it creates may be its own work; its output is still to be collected
            return True
        if self.creates is not None and is_there(state, self.creates):
            return False
        return self.removes is None or is_there(state, self.removes)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The command's result; where it was not needed, an empty one as Ansible gives it."""
        if self.read_only:
            return command_result(self.line, state.of(self._question()))
        if outcomes:
            return dict(outcomes[0])
        nothing: dict[str, Any] = {
            "rc": 0,
            "stdout": "",
            "stdout_lines": [],
            "stderr": "",
            "stderr_lines": [],
        }
        return {"cmd": self.line.given(), **nothing, "failed": False}
