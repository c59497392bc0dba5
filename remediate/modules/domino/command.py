"""domino_command: a command on a Domino server's console."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remediate.effects.base import Effect
from remediate.effects.console import ConsoleCommand
from remediate.facts.base import Fact
from remediate.facts.domino import DominoTasks
from remediate.facts.domino_console import Console
from remediate.modules.base import HostView, Module
from remediate.modules.domino.server import ConsoleParameter, console_of
from remediate.modules.types import Path, Regexp
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DominoCommand(Module):
    """Send `command`, and wait until a line that matches `success` appears in the console log after it.

    `success` and `failure` are regular expressions, compared without case; `timeout` is in seconds, and when
    it passes, the task fails with the console's words, and with `cure`, if that is given. Without `success`
    the command is only sent, as what is queued has no answer to wait for: nothing is proven, and what the
    console said right after it is registered. That the right partition answers is made sure first.
    """

    data: Path
    program: Path
    command: str
    success: Regexp | None = None
    failure: Regexp | None = None
    cure: str | None = None
    console: ConsoleParameter = None
    console_log: Path | None = None
    timeout: float = 120.0

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for an empty command, one of several lines, a failure without a success, or a log that
                is named twice, and differently.
        """
        if not self.command.strip() or "\n" in self.command:
            raise ValueError("'command' must be one line of a console command")
        if self.failure is not None and self.success is None:
            raise ValueError("'failure' needs 'success': without it nothing is waited for")
        self._console()

    def probe(self) -> Iterable[Fact[Any]]:
        """Which partition answers."""
        return (DominoTasks(console=self._console()),)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """The command, always; `when` says whether it is needed."""
        console = self._console()
        state.of(DominoTasks(console=console))  # fails if another partition answers
        yield ConsoleCommand(
            console=console,
            command=self.command,
            success=self.success,
            failure=self.failure,
            cure=self.cure,
            deadline=self.timeout,
        )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The console's lines, and the one that decided."""
        return dict(outcomes[0])

    def _console(self) -> Console:
        return console_of(self.data, self.program, self.console, self.console_log)
