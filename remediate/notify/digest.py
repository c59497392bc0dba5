"""A re-check's one message: what is new and what is fixed, folded so that it stays short for a long fleet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from remediate.notify.message import Message, one_line, subject_line
from remediate.reports.cleaning import printable
from remediate.reports.words import counted, named, natural
from remediate.severity import GRAVEST_FIRST
from remediate.store.findings import Change, Finding, Recheck

_MOST = 20
"""What is told of all that is new, and of all that is fixed."""
_SAYS = 160
"""Characters of what a check said."""


def digest(recheck: Recheck, *, machine: str, whole: str) -> Message | None:
    """What to tell of a re-check; None if nothing is new and nothing is fixed.

    `machine` is where it was made, and `whole` a command that shows all of it there.
    """
    new, fixed = _of(recheck, "new"), _of(recheck, "fixed")
    if not new and not fixed:
        return None
    still = _of(recheck, "still")
    name = one_line(recheck.name, _SAYS)
    lines = [f"{name}: {_counted(new, fixed)}, at {recheck.time}."]
    lines += _section("New:", new) + _section("Fixed:", fixed)
    if still:
        lines += ["", f"Still as before: {counted(len(still), 'finding')} on {_on(still)}."]
    lines += ["", f"The whole, on {one_line(machine)}: {one_line(whole)}"]
    return Message(
        subject=subject_line(f"{name}: {_counted(new, fixed)} on {_on(new + fixed)}"),
        text="".join(f"{line}\n" for line in lines),
        document={
            "kind": "recheck",
            "machine": printable(machine),
            "recheck": printable(recheck.name),
            "run": recheck.run,
            "time": recheck.time,
            "counts": {
                "new": len(new),
                "fixed": len(fixed),
                "still": len(still),
                "ok": sum(each.severity == "ok" for each in recheck.findings),
            },
            "new": [_object(each) for each in new],
            "fixed": [_object(each) for each in fixed],
        },
    )


def _of(recheck: Recheck, change: Change) -> tuple[Finding, ...]:
    """Those that changed so: the gravest first, then by check and host."""
    found = (each for each in recheck.findings if each.change == change)
    return tuple(sorted(found, key=lambda it: (GRAVEST_FIRST.index(it.severity), it.check, natural(it.host))))


def _counted(new: Sequence[Finding], fixed: Sequence[Finding]) -> str:
    grave = Counter(each.severity for each in new)
    graves = ", ".join(f"{grave[each]:,} {each}" for each in GRAVEST_FIRST if grave[each])
    told = [f"{len(new):,} new ({graves})"] if new else []
    return ", ".join(told + ([f"{len(fixed):,} fixed"] if fixed else []))


def _on(findings: Iterable[Finding]) -> str:
    hosts = sorted({each.host for each in findings})
    return one_line(hosts[0], _SAYS) if len(hosts) == 1 else counted(len(hosts), "host")


def _section(title: str, findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    folded = list(_folded(findings))
    more = len(folded) - _MOST
    lines = [line for each in folded[:_MOST] for line in each]
    return ["", title, *lines, *([f"  and {more:,} more"] if more > 0 else [])]


def _folded(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Once for all hosts of which the same is to be said: a line of what it is, and one of where."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in findings:
        groups.setdefault((each.severity, each.check, each.message), []).append(each.host)
    for (severity, check, message), hosts in groups.items():
        says = f": {one_line(message, _SAYS)}" if message.strip() else ""
        on = named([one_line(host, _SAYS) for host in hosts], [])
        yield f"  {severity:<8}  {one_line(check, _SAYS)}{says}", f"  {'':<8}  on {on}"


def _object(finding: Finding) -> dict[str, Any]:
    return {
        "host": printable(finding.host),
        "check": printable(finding.check),
        "verdict": finding.verdict,
        "severity": finding.severity,
        "message": printable(finding.message),
        "since": finding.since,
        "figure": None if finding.figure is None else asdict(finding.figure),
    }
