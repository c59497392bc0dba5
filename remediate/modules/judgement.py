"""What a check says of a host: how grave it is, and the figure behind it."""

from remediate.measured import Measured
from remediate.records import dataclass
from remediate.severity import Severity


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a check says; without a figure if it has none, or it is not known."""

    severity: Severity
    measured: Measured | None = None
