"""A re-check as one object for programs; docs/recheck.md describes it."""

from dataclasses import asdict
from typing import Any

from remediate.recheck.outcome import Outcome


def recheck_object(outcome: Outcome) -> dict[str, Any]:
    """What was found, and what was not looked at, with what was last found of it."""
    recheck = outcome.recheck
    return {
        "recheck": recheck.name,
        "run": recheck.run,
        "time": recheck.time,
        "severity": outcome.severity,
        "findings": [asdict(each) for each in recheck.findings],
        "not_looked_at": [{"why": each.why, "last": asdict(each.finding)} for each in outcome.absent],
    }
