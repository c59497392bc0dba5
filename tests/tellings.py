"""Re-checks for tests of which somebody is told."""

from collections.abc import Sequence
from pathlib import Path

from journals import journal_in

from remediate.notify.channels import Channel
from remediate.notify.delivering import Delivered, deliver, deliveries_of
from remediate.notify.message import Message
from remediate.store.findings import Finding, open_findings
from remediate.store.journal import ENDED


class Told:
    """A channel that keeps what it is sent, or raises what it is given."""

    deadline = 60.0

    def __init__(self, name: str = "ops", *problems: Exception | None) -> None:
        self.name = name
        self.problems = list(problems)
        self.messages: list[tuple[str, str]] = []

    def secrets(self) -> tuple[str, ...]:
        """None."""
        return ()

    def send(self, message: Message, identity: str) -> str:
        """Keep it, or raise the next problem."""
        problem = self.problems.pop(0) if self.problems else None
        if problem is not None:
            raise problem
        self.messages.append((message.subject, identity))
        return ""


def told(store: Path, message: Message | None, channels: Sequence[Channel], *findings: Finding) -> Delivered:
    """What became of the message of a re-check that found this, which was written down and sent."""
    journal = journal_in(store)
    journal.tell(ENDED, "", {"hosts": {}, "interrupted": False, "dry_run": True})
    journal.close()
    with open_findings(store) as kept:
        kept.keep_compared(
            run=journal.run,
            name="nightly",
            time="2026-01-01",
            found=lambda _: findings,
            told=lambda recheck: () if message is None else deliveries_of(message, recheck.run, channels),
        )
    return deliver(store, channels)
