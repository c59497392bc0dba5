"""How grave something is, in the words of monitoring plug-ins."""

from typing import Literal

Severity = Literal["ok", "warning", "critical", "unknown"]
"""unknown: it could not be told."""
GRAVEST_FIRST: tuple[Severity, ...] = ("critical", "warning", "unknown", "ok")
