"""recheck: look at this host again later, once for each time."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from remediate.durations import duration_of
from remediate.effects.base import Effect
from remediate.effects.look_again import LookAgain
from remediate.errors import UsageError
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.types import Word
from remediate.records import dataclass

_USUAL = "recheck.yaml"


@dataclass(frozen=True, kw_only=True)
class Recheck(Module):
    """Book a re-check of the host for each time in `after`, such as `[1d, 7d, 30d]`, with a playbook.

    The playbook is looked for beside this one; what is found is told to the channels in `notify`. All hosts
    of a run share one schedule for each time. As a handler it is for the hosts that were changed alone.
    """

    elsewhere: ClassVar[bool] = True

    after: list[str]
    playbook: Word = _USUAL
    notify: list[Word] | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is no time, or one is none.
        """
        if not self.after:
            raise ValueError("'after' needs at least one time, such as 7d")
        for time in self.after:
            try:
                duration_of(time, what="after")
            except UsageError as error:
                raise ValueError(str(error)) from None

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """The parameters, with the place of the playbook."""
        found = desk.find(str(params.get("playbook", _USUAL)), "playbooks")
        return {**params, "playbook": str(found)}

    def decide(self, state: HostView) -> Iterable[Effect]:
        """One LookAgain for each time."""
        del state
        for time in dict.fromkeys(self.after):
            yield LookAgain(after=time, playbook=self.playbook, notify=tuple(self.notify or ()))
