"""Order: wait, for a while or for a person. It is carried out on the controller, not on the host."""

from dataclasses import dataclass
from typing import ClassVar

from remediate.effects.base import Effect


@dataclass(frozen=True, kw_only=True)
class Pause(Effect):
    """Wait `seconds`, or, if there is a prompt, until a person at the terminal says go on."""

    changes: ClassVar[bool] = False

    seconds: float | None
    prompt: str | None

    def summary(self) -> str:
        """What is waited for."""
        if self.prompt is not None:
            return f"wait for a person: {self.prompt}"
        return f"wait {self.seconds:g} seconds"

    def diff(self) -> str:
        """The same as a line."""
        return f"  {self.summary()}\n"

    def touches(self) -> frozenset[str] | None:
        """Nothing while waiting for time; anything while waiting for a person, who may do anything."""
        return None if self.prompt is not None else frozenset()
