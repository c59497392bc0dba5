"""What a run may do: anything that its playbook says, or only what a plan showed before."""

from collections.abc import Sequence
from typing import Protocol

from remediate.effects.base import Effect
from remediate.engine.events import Step


class Warrant(Protocol):
    """Asked before the effects of each attempt are carried out. Many threads use one."""

    def admit(self, host: str, step: Step, effects: Sequence[Effect], *, item: int, attempt: int) -> None:
        """Let these effects be carried out on the host, by an attempt (from 1) at an item (from 0) of a task.

        Who asks for the same attempt once more has not made what was let be before.

        Raises:
            NotPlanned: they may not; none of them is.
        """


class Anything:
    """The warrant of a run without a plan."""

    def admit(self, host: str, step: Step, effects: Sequence[Effect], *, item: int, attempt: int) -> None:
        """See Warrant."""


ANYTHING = Anything()
