"""assert: conditions that must hold on a host."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.errors import TaskFailed
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.judgement import Judgement
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Assert(Module):
    """Fail with `fail_msg`, or with the first condition of `that` that does not hold."""

    query: ClassVar[bool] = True
    check: ClassVar[bool] = True
    conditions: ClassVar[tuple[str, ...]] = ("that",)
    prepared: ClassVar[tuple[str, ...]] = ("broken",)

    that: str | bool | list[str | bool]
    fail_msg: str | None = None
    success_msg: str | None = None
    quiet: bool = False
    broken: str | None = None

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Find the first condition that does not hold."""
        that = params.get("that", [])
        for condition in that if isinstance(that, list) else [that]:
            if not desk.holds(condition):
                return {**params, "broken": str(condition)}
        return dict(params)

    def judgement(self) -> Judgement:
        """What does not hold is critical."""
        return Judgement(severity="ok" if self.broken is None else "critical")

    def decide(self, state: HostView) -> Iterable[Effect]:
        """Nothing, if all hold.

        Raises:
            TaskFailed: with the message, if one does not.
        """
        if self.broken is not None:
            raise TaskFailed(self.fail_msg or f"does not hold: {self.broken}")
        return ()

    def report(self, state: HostView, outcomes: Any) -> dict[str, Any]:
        """The message, unless it is to be quiet."""
        return {"msg": "" if self.quiet else self.success_msg or "All assertions passed"}
