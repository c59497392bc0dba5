"""debug: show a message or a value."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from remediate.errors import UndefinedVariable
from remediate.modules.base import Desk, HostView, Module
from remediate.records import dataclass

_GREETING = "Hello world!"


@dataclass(frozen=True, kw_only=True)
class Debug(Module):
    """Show `msg`, or the value of the expression `var`, or that it uses what is not defined.

    With `verbosity`, only where `-v` stands as often.
    """

    query: ClassVar[bool] = True
    conditions: ClassVar[tuple[str, ...]] = ("var",)
    prepared: ClassVar[tuple[str, ...]] = ("value",)

    msg: Any = _GREETING
    var: str | None = None
    verbosity: int = 0
    value: Any = None

    def __post_init__(self) -> None:
        """Refuse both at once.

        Raises:
            ValueError: if both are given.
        """
        if self.msg != _GREETING and self.var is not None:
            raise ValueError("give 'msg' or 'var', not both")

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Evaluate `var`."""
        if params.get("var") is None:
            return dict(params)
        try:
            return {**params, "value": desk.value(str(params["var"]))}
        except UndefinedVariable as error:
            return {**params, "value": f"VARIABLE IS NOT DEFINED: {error.what}"}

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The message, or the value under its own name; and how many `-v` it takes to see it, if any."""
        wanted = {"verbosity": self.verbosity} if self.verbosity else {}
        if self.var is not None:
            return {**wanted, self.var: self.value, "msg": f"{self.var}: {self.value}"}
        return {**wanted, "msg": self.msg}
