"""fail: stop here on this host, with a message."""

from collections.abc import Iterable
from typing import ClassVar

from remediate.effects.base import Effect
from remediate.errors import TaskFailed
from remediate.modules.base import HostView, Module
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Fail(Module):
    """Fail with `msg`."""

    query: ClassVar[bool] = True

    msg: str = "Failed as requested from task"

    def decide(self, state: HostView) -> Iterable[Effect]:
        """Never any effect.

        Raises:
            TaskFailed: always.
        """
        raise TaskFailed(self.msg)
