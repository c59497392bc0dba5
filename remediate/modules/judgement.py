"""What a check says of a host: how grave it is, and the figure behind it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "warning", "critical", "unknown"]
"""In the words of monitoring plug-ins; unknown: it could not be told."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number that was measured, and its limits: upper ones if `warning` is below `critical`, else lower."""

    value: float
    unit: str = ""
    warning: float | None = None
    critical: float | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a check says; without a figure if it has none, or it is not known."""

    severity: Severity
    measured: Measured | None = None
