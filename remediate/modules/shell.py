"""shell: run text with the host's own shell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.facts.commands import CommandLine
from remediate.modules.base import HostView, Module
from remediate.modules.request import RunRequest
from remediate.modules.types import Path


@dataclass(frozen=True, kw_only=True)
class Shell(Module):
    """Run shell text once. Parameters as for `command`; `executable` names another shell than `/bin/sh`.

    `undo` is shell text, too, for the same shell.
    """

    prepared: ClassVar[tuple[str, ...]] = ("environment",)

    cmd: str
    executable: Path = "/bin/sh"
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
        """Refuse what cannot be meant.

        Raises:
            ValueError: if there is no command, or it contradicts itself.
        """
        if not self.cmd.strip():
            raise ValueError("the command is empty")
        if self.undo is not None and not self.undo.strip():
            raise ValueError("'undo' is empty; leave it out if nothing takes the command back")
        _ = self.request  # refuses what cannot be sent

    @classmethod
    def may_change(cls, params: Mapping[str, Any]) -> bool:
        """Unless it is declared read-only."""
        return params.get("read_only") is not True

    @cached_property
    def request(self) -> RunRequest:
        """What is to be run, and when."""
        line = CommandLine(
            shell=self.cmd,
            executable=self.executable,
            chdir=self.chdir,
            environment=tuple(self.environment.items()),
            stdin=self.stdin,
        )
        return RunRequest(
            line=line,
            undo=None if self.undo is None else replace(line, shell=self.undo, stdin=None),
            creates=self.creates,
            removes=self.removes,
            changes=self.changes,
            read_only=self.read_only,
            timeout=self.timeout,
        )

    def probe(self) -> Iterable[Fact[Any]]:
        """See RunRequest."""
        return self.request.probe()

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See RunRequest."""
        return self.request.decide(state)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """See RunRequest."""
        return self.request.report(state, outcomes)
