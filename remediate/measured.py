"""A number that was measured on a host, and the limits that say how grave it is."""

from remediate.records import dataclass
from remediate.severity import Severity


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A number such as the days of a licence that are left, and its limits."""

    value: float
    unit: str = ""
    warning: float | None = None
    critical: float | None = None

    @property
    def upper(self) -> bool:
        """Whether it is bad above its limits, and not below them."""
        return self.warning is not None and self.critical is not None and self.warning < self.critical

    @property
    def severity(self) -> Severity:
        """How it stands to its limits."""
        if self._is_beyond(self.critical):
            return "critical"
        return "warning" if self._is_beyond(self.warning) else "ok"

    def _is_beyond(self, limit: float | None) -> bool:
        if limit is None:
            return False
        return self.value > limit if self.upper else self.value < limit
