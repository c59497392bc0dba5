"""domino_tasks: which tasks a Domino server runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from remediate.facts.base import Fact
from remediate.facts.domino import DominoTasks
from remediate.modules.base import HostView, Module
from remediate.modules.domino.server import ConsoleParameter, console_of
from remediate.modules.types import Path
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DominoTaskList(Module):
    """Ask `show tasks` and `show server`, and make sure that the right partition answered.

    `data` is the data directory, `program` the directory with `bin/server` (on Windows, with `nserver`);
    `console` says how commands are sent, if not with `server -c`. It must run as the Domino user.
    Registers `tasks` (name and description), `names` (in small letters), `server_directory`, `partition` and
    `release`. A query: it is asked in a dry run too, and the server writes its answer into its console log.
    """

    query: ClassVar[bool] = True

    data: Path
    program: Path
    console: ConsoleParameter = None
    console_log: Path | None = None
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if the log is named twice, and differently.
        """
        self.question()

    def question(self) -> DominoTasks:
        """The fact."""
        console = console_of(self.data, self.program, self.console, self.console_log)
        return DominoTasks(console=console, deadline=self.timeout)

    def probe(self) -> Iterable[Fact[Any]]:
        """The question."""
        return (self.question(),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Tasks and server."""
        answer = state.of(self.question())
        return {
            "tasks": [{"name": task.name, "description": task.description} for task in answer.tasks],
            "names": sorted({task.name.lower() for task in answer.tasks}),
            "server_directory": answer.server.directory,
            "partition": answer.server.partition,
            "release": answer.server.release,
        }
