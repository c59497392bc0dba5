"""What came of a re-check: its findings, and what stands from earlier ones and was not looked at."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from remediate.recheck.gathering import gravest
from remediate.records import dataclass
from remediate.severity import Severity
from remediate.store.findings import Finding, Recheck

Why = Literal["gone from the inventory", "left out", "gone or left out", "not asked"]
"""The host is not in the inventory any more; it is not among those looked at; it is not known which; it was
looked at, but not at this."""


@dataclass(frozen=True, kw_only=True)
class Absent:
    """What an earlier re-check found, and this one did not look at."""

    finding: Finding
    why: Why


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A re-check that came to its end."""

    recheck: Recheck
    absent: tuple[Absent, ...] = ()

    @property
    def severity(self) -> Severity:
        """That of the gravest finding; unknown if there is none at all."""
        worst = gravest(self.recheck.findings)
        return "unknown" if worst is None else worst.severity


def hosts_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Their hosts, each once."""
    return tuple(dict.fromkeys(each.host for each in findings))


def absent_from(
    findings: Sequence[Finding], standing: Iterable[Finding], inventory: Collection[str] | None
) -> tuple[Absent, ...]:
    """What stands, and is not among the findings. `inventory` are the hosts there are, None if nobody knows.

    Of a host that was looked at, only what is bad: that a change is not needed any more is told once. And
    nothing of one that could not be reached, which says it all.
    """
    looked = {each.host for each in findings}
    down = {each.host for each in findings if each.verdict == "unreachable"}
    found = {(each.host, each.check) for each in findings}
    return tuple(
        Absent(finding=each, why=_why(each.host, looked, inventory))
        for each in standing
        if (each.host, each.check) not in found
        and each.host not in down
        and not (each.host in looked and each.severity == "ok")
    )


def _why(host: str, looked: Collection[str], inventory: Collection[str] | None) -> Why:
    if host in looked:
        return "not asked"
    if inventory is None:
        return "gone or left out"
    return "left out" if host in inventory else "gone from the inventory"
