"""A re-check on a terminal: what is new, what still is, what is fixed; the same of several hosts once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.text import Text

from remediate.recheck.gathering import gravity
from remediate.recheck.outcome import Absent, Outcome, Why, hosts_of
from remediate.reports.words import counted, named, natural, printable_line
from remediate.severity import GRAVEST_FIRST, Severity
from remediate.store.findings import Change, Finding

_TITLES: dict[Change, str] = {"new": "New:", "still": "Still:", "fixed": "Fixed:"}
_WELL: dict[Change, str] = {"": "Well, as before:"}
_COLOURS: dict[Severity, str] = {
    "critical": "bold red",
    "warning": "yellow",
    "unknown": "magenta",
    "ok": "green",
}
_ABSENT: tuple[Why, ...] = ("gone from the inventory", "left out", "not asked")
_WIDTH = max(map(len, GRAVEST_FIRST))


def recheck_lines(outcome: Outcome) -> Iterator[Text]:
    """The re-check line by line, each with its colour; the counts come last."""
    recheck = outcome.recheck
    yield Text(f"Re-check {printable_line(recheck.name)}, run {recheck.run}", style="bold")
    yield from _changes(recheck.findings)
    yield from _absent(outcome.absent)
    yield Text("")
    yield Text(counts(recheck.findings), style="bold")


def found_lines(findings: Sequence[Finding], *, every_check: bool) -> list[str]:
    """What a re-check found, as plain lines; none if there is nothing. `every_check`: also what is well."""
    if not findings:
        return []
    titles = _TITLES | (_WELL if every_check else {})
    told = _changes(findings, titles)
    return [*(line for text in told for line in text.plain.split("\n")), "", counts(findings)]


def _changes(findings: Sequence[Finding], titles: Mapping[Change, str] = _TITLES) -> Iterator[Text]:
    hosts = hosts_of(findings)
    for change, title in titles.items():
        folded = _folded(each for each in findings if each.change == change)
        if folded:
            yield Text(f"\n{title}", style="bold")
        for same in folded:
            yield from _finding(same, hosts)


def counts(findings: Sequence[Finding]) -> str:
    """How many hosts and checks there were, how grave, and what is new: a sentence."""
    looked = len(hosts_of(findings))
    bad = len(hosts_of(each for each in findings if each.severity != "ok"))
    hosts = f"{counted(looked, 'host')}: {looked - bad:,} ok, {bad:,} not"
    grave, changed = Counter(each.severity for each in findings), Counter(each.change for each in findings)
    checks = [f"{grave[each]:,} {each}" for each in reversed(GRAVEST_FIRST) if grave[each]]
    changes = [f"{changed[each]:,} {each}" for each in _TITLES if changed[each]]
    said = f"{hosts}; {counted(len(findings), 'check')}" + (f": {', '.join(checks)}" if checks else "")
    return said + (f"; {', '.join(changes)}" if changes else "")


def _folded(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Those that differ in their hosts alone together, the gravest first."""
    same: dict[tuple[object, ...], list[Finding]] = {}
    for each in sorted(findings, key=lambda each: (gravity(each), each.check, natural(each.host))):
        same.setdefault((each.severity, each.check, each.message, each.since), []).append(each)
    return list(same.values())


def _finding(same: Sequence[Finding], hosts: Sequence[str]) -> Iterator[Text]:
    first = same[0]
    tells = first.message and (first.severity != "ok" or first.figure is not None)
    message = f": {printable_line(first.message)}" if tells else ""
    said = f"  {first.severity:<{_WIDTH}}  {printable_line(first.check)}{message}"
    yield Text(said, style=_COLOURS[first.severity])
    since = f", since {first.since}" if first.change == "still" else ""
    yield Text(f"  {'':<{_WIDTH}}  on {named([printable_line(each.host) for each in same], hosts)}{since}")


def _absent(absent: Sequence[Absent]) -> Iterator[Text]:
    """What was not looked at: of hosts their names, and of hosts that were, the checks."""
    if absent:
        yield Text("\nNot looked at this time:", style="bold")
    for why in _ABSENT:
        found = [each.finding for each in absent if each.why == why]
        if found and why == "not asked":
            checks = dict.fromkeys(
                f"{printable_line(each.check)} on {printable_line(each.host)}" for each in found
            )
            yield Text(f"  {why}: {named(list(checks), [])}", style="dim")
        elif found:
            hosts = sorted({printable_line(each.host) for each in found}, key=natural)
            bad = len({each.host for each in found if each.severity != "ok"})
            last = f" ({bad:,} not ok when last looked at)" if bad else ""
            yield Text(f"  {why}: {named(hosts, [])}{last}", style="dim")
