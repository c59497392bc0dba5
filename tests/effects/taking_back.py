"""Carrying effects out on this machine, and taking them back, as the engine does."""

from dataclasses import dataclass

from local_host import LocalHost

from remediate.answers import Answer
from remediate.effects.base import Effect, Guard, Undo
from remediate.engine.state import HostState
from remediate.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class Asked(Effect):
    """Nothing but the guards of an undo."""

    asked: tuple[Guard, ...]

    def summary(self) -> str:
        """What stands in the refusal."""
        return "take back"

    def guards(self) -> tuple[Guard, ...]:
        """Those of the undo."""
        return self.asked

    def script(self) -> str:
        """Nothing."""
        return ":"

    def foretell(self, fact: Fact[object], answer: Answer) -> Answer:
        """Nothing changes."""
        return answer


def carry_out(effect: Effect, host: LocalHost) -> None:
    """Do it."""
    HostState(host=host, dry_run=False).carry_out(effect, None)  # type: ignore[arg-type]


def take_back(undo: object, host: LocalHost) -> list[Undo]:
    """Ask all guards, then carry the effects out; what takes those back, in the order for it."""
    assert isinstance(undo, Undo), undo
    state = HostState(host=host, dry_run=False)  # type: ignore[arg-type]
    state.carry_out(Asked(asked=undo.guards), None)
    again = []
    for effect in undo.effects:
        back = effect.undo()
        again += [back] if isinstance(back, Undo) else []
        state.carry_out(effect, None)
    return again[::-1]
