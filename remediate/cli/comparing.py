"""A plan compared with hosts as they are now, before anything is sent to them by an apply or its resume."""

from collections.abc import Container, Mapping, Sequence
from typing import Literal

import click

from remediate.cli import running
from remediate.cli.exit_codes import DRIFTED, FAILED, INTERRUPTED, UNREACHABLE
from remediate.cli.preparing import Prepared
from remediate.cli.thawing import narrowed
from remediate.engine.past import Apart
from remediate.records import dataclass
from remediate.reports.cleaning import indented
from remediate.review.freezing import Freezer
from remediate.review.holding import drift
from remediate.review.plan import Plan
from remediate.sealing import Sealer, in_words
from remediate.store.journal import NoJournal

_NOTHING_SENT = "nothing was sent to it"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Which hosts are as the plan saw them, and of the others what has drifted, in lines."""

    same: tuple[str, ...]
    drifted: Mapping[str, Sequence[str]]
    unreachable: Mapping[str, str]
    """Which hosts could not be asked, and why."""
    why: str = "it is not as the plan saw it"
    """Why those that have drifted are refused."""
    uncompared: Container[str] = ()
    """Which of them were not compared to their end: nothing may be wrong with these."""
    interrupted: bool = False

    def apart(self, known: Container[str] = ()) -> dict[str, Apart]:
        """The hosts that a run of the others leaves alone; of those in `known` it has told that already."""
        apart: dict[str, Apart] = {}
        for host, lines in self.drifted.items():
            told = "\n  ".join([f"{self.why}; {_NOTHING_SENT}", *lines])
            outcome: Literal["stopped", "failed"] = "stopped" if host in self.uncompared else "failed"
            apart[host] = Apart(outcome=outcome, message=told, known=host in known)
        for host, why in self.unreachable.items():
            told = f"{why}; {_NOTHING_SENT}"
            apart[host] = Apart(outcome="unreachable", message=told, known=host in known)
        return apart

    def code_after(self, code: int) -> int:
        """The exit code, where what was done on those that are the same ended with `code`."""
        if code in (INTERRUPTED, FAILED):
            return code
        return DRIFTED if self.drifted else code or (UNREACHABLE if self.unreachable else 0)


def compare(prepared: Prepared, plan: Plan, key: bytes, names: Sequence[str]) -> Compared:
    """Ask these hosts of the plan again, as its dry run did, and change nothing."""
    freezer = Freezer(key, every_text=True)
    recap = running.perform_run(narrowed(prepared, names, dry_run=True), NoJournal(), [freezer])
    seal = Sealer(prepared.secrets, key, plan.nonce, prepared.derived.made).seal
    found = {host.name: host for host in freezer.hosts(seal)}
    planned = {host.name: host for host in plan.hosts}
    same: list[str] = []
    drifted: dict[str, Sequence[str]] = {}
    unreachable: dict[str, str] = {}
    uncompared: set[str] = set()
    for name in names:
        host = found[name]
        if host.outcome == "unreachable":
            unreachable[name] = in_words(host.tasks[-1].message if host.tasks else "", plan.nonce)
        elif host.outcome == "stopped":
            uncompared.add(name)
            drifted[name] = ["it was not compared to its end: the play stops when too many hosts fail"]
        elif lines := drift(planned[name], host, plan.nonce):
            drifted[name] = [in_words(line, plan.nonce) for line in lines]
        else:
            same.append(name)
    return Compared(
        same=tuple(same),
        drifted=drifted,
        unreachable=unreachable,
        uncompared=uncompared,
        interrupted=recap.interrupted,
    )


def tell_compared(compared: Compared) -> None:
    """Say which hosts are left alone, and why; the same of several of them once."""
    if compared.interrupted:
        click.echo("interrupted: nothing was sent to any host", err=True)
        return
    alike: dict[tuple[str, ...], list[str]] = {}
    for host, lines in compared.drifted.items():
        alike.setdefault(tuple(lines), []).append(host)
    for lines, hosts in alike.items():
        for host in hosts:
            click.echo(f"{host}: REFUSED: {compared.why}; {_NOTHING_SENT}", err=True)
        if len(hosts) > 1:
            click.echo(f"  on these {len(hosts)} hosts the same:", err=True)
        for line in lines:
            click.echo(f"  {indented(line)}", err=True)
    for host, why in compared.unreachable.items():
        click.echo(f"{host}: UNREACHABLE: {indented(why)}; {_NOTHING_SENT}", err=True)
