"""Order: wait, for a while or for a person. It is carried out on the controller, not on the host."""

from typing import ClassVar

from remediate.effects.base import Effect, Undo
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Pause(Effect):
    """Wait `seconds`, or, if there is a prompt, until a person at the terminal types `word`, or Enter."""

    changes: ClassVar[bool] = False

    seconds: float | None
    prompt: str | None
    word: str | None = None

    def in_one_line(self) -> str:
        """The prompt, whose lines are many for a terminal, in a message."""
        return " ".join((self.prompt or "").split())

    def summary(self) -> str:
        """What is waited for."""
        if self.prompt is not None:
            return f"wait for a person: {self.in_one_line()}"
        return f"wait {self.seconds:g} seconds"

    def diff(self) -> str:
        """The same, with the prompt's own lines."""
        if self.prompt is None:
            return f"  {self.summary()}\n"
        lines = "".join(f"    {line}\n" for line in self.prompt.strip().splitlines())
        word = "" if self.word is None else f" to type '{self.word}'"
        return f"  wait for a person{word}:\n{lines}"

    def undo(self) -> Undo:
        """Nothing: waiting changes nothing. What a person did meanwhile is his to take back."""
        return Undo(effects=(), guards=())

    def touches(self) -> frozenset[str] | None:
        """Nothing while waiting for time; anything while waiting for a person, who may do anything."""
        return None if self.prompt is not None else frozenset()
