"""domino_log: what a Domino server's console log says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from remediate.facts.base import Fact
from remediate.facts.domino import LogLines
from remediate.modules.base import HostView, Module
from remediate.modules.domino.server import console_of
from remediate.modules.types import Path


@dataclass(frozen=True, kw_only=True)
class DominoLog(Module):
    """The lines of the console log that hold one of the texts of `contains` (without case), oldest first.

    Registers `lines` (the last 50) and `last` (the last one, or an empty string). It only reads the log.
    """

    query: ClassVar[bool] = True

    data: Path
    contains: list[str]
    console_log: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: if there is nothing to look for, or a text of several lines.
        """
        if not self.contains or any(not text or "\n" in text for text in self.contains):
            raise ValueError("'contains' needs at least one text, each of one line")

    def question(self) -> LogLines:
        """The fact."""
        # A log is read, not spoken to: which program directory belongs to it does not matter.
        console = console_of(self.data, "/", self.console_log)
        return LogLines(console=console, contains=tuple(self.contains))

    def probe(self) -> Iterable[Fact[Any]]:
        """The question."""
        return (self.question(),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The lines."""
        lines = state.of(self.question())
        return {"lines": list(lines), "last": lines[-1] if lines else ""}
