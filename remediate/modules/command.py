"""command: run a program, without a shell between."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.facts.commands import CommandLine
from remediate.modules.base import HostView, Module
from remediate.modules.request import RunRequest
from remediate.modules.types import Path


@dataclass(frozen=True, kw_only=True)
class Command(Module):
    """Run a program once.

    `cmd` is split into words as a shell would; `argv` gives the words themselves. `read_only: true` declares
    that it changes nothing: it is then asked like any fact, in a dry run too. `creates` and `removes` name a
    path whose presence (or absence) means that there is nothing to do. `changes` names the paths that it
    changes; without it, a dry run marks all that follows as provisional. `timeout` is in seconds.
    `undo` is the command that takes it back, split as `cmd` is; it gets the same directory, environment and
    time.
    """

    prepared: ClassVar[tuple[str, ...]] = ("environment",)

    cmd: str | None = None
    argv: tuple[str, ...] = ()
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
            ValueError: if there is not exactly one command, or it contradicts itself.
        """
        if (self.cmd is None) == (not self.argv):
            raise ValueError("give the command either as 'cmd' or as 'argv'")
        if not self.words():
            raise ValueError("the command is empty")
        if self.undo is not None and not _split("undo", self.undo):
            raise ValueError("'undo' is empty; leave it out if nothing takes the command back")
        _ = self.request  # refuses what cannot be sent

    def words(self) -> tuple[str, ...]:
        """The program and its arguments.

        Raises:
            ValueError: if `cmd` has a quote without its partner.
        """
        return self.argv or _split("cmd", self.cmd or "")

    @classmethod
    def may_change(cls, params: Mapping[str, Any]) -> bool:
        """Unless it is declared read-only."""
        return params.get("read_only") is not True

    @cached_property
    def request(self) -> RunRequest:
        """What is to be run, and when."""
        line = CommandLine(
            argv=self.words(),
            chdir=self.chdir,
            environment=tuple(self.environment.items()),
            stdin=self.stdin,
        )
        back = None if self.undo is None else replace(line, argv=_split("undo", self.undo), stdin=None)
        return RunRequest(
            line=line,
            undo=back,
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


@lru_cache(maxsize=256)  # the same words for each host
def _split(parameter: str, text: str) -> tuple[str, ...]:
    """A command line as a shell would split it into words.

    Raises:
        ValueError: if it has a quote without its partner.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"'{parameter}' cannot be split into words: {error}") from None
