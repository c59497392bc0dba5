"""figure: a number of a host, such as the days of a licence that are left, held against limits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from remediate.effects.base import Effect
from remediate.errors import TaskFailed
from remediate.measured import Measured
from remediate.modules.base import HostView, Module
from remediate.modules.checkers import Check, Limit
from remediate.modules.judgement import Judgement
from remediate.records import dataclass
from remediate.severity import Severity


def _unit(value: str) -> str:
    """A unit as monitoring plug-ins write it behind a number.

    Raises:
        ValueError: if it holds what ends the number there.
    """
    if any(each.isdigit() or each.isspace() or each in "'\";=|" for each in value):
        raise ValueError(f"'{value}' is not a unit: write it without digits, blanks, quotes and any of ; = |")
    return value


_Number = Annotated[float, Limit("allow_inf_nan", False)]


@dataclass(frozen=True, kw_only=True)
class Figure(Module):
    """Tell `value`. Below `critical` it is critical, else below `warning` a warning.

    Where `warning` is below `critical`, both are upper limits. A value of null is not known: that is a
    failure only if it is `required`. A figure beyond a limit fails no task.
    """

    query: ClassVar[bool] = True
    check: ClassVar[bool] = True

    value: _Number | None
    unit: Annotated[str, Check(_unit)] = ""
    warning: _Number | None = None
    critical: _Number | None = None
    required: bool = False

    def judgement(self) -> Judgement:
        """How the value stands to its limits."""
        if self.value is None:
            return Judgement(severity="unknown" if self.required else "ok")
        measured = Measured(value=self.value, unit=self.unit, warning=self.warning, critical=self.critical)
        return Judgement(severity=measured.severity, measured=measured)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """Never any effect.

        Raises:
            TaskFailed: if the value is required and not known.
        """
        if self.value is None and self.required:
            raise TaskFailed("it is not known")
        return ()

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The value, how grave it is, and both in words."""
        judgement = self.judgement()
        measured, severity = judgement.measured, judgement.severity
        return {"value": self.value, "severity": severity, "msg": _in_words(measured, severity)}


def _in_words(measured: Measured | None, severity: Severity) -> str:
    if measured is None:
        return "it is not known"
    said = f"{measured.value:.10g}" + (f" {measured.unit}" if measured.unit else "")
    limit = {"critical": measured.critical, "warning": measured.warning}.get(severity)
    return said if limit is None else f"{said}, {'above' if measured.upper else 'below'} {limit:.10g}"
