"""Re-checks for tests of which somebody is told."""

from collections.abc import Sequence
from pathlib import Path

from journals import journal_in

from remediate.notify.channels import Channel
from remediate.notify.delivering import Delivered, deliver, deliveries_of
from remediate.notify.message import Message
from remediate.store.findings import open_findings
from remediate.store.journal import ENDED


def told(store: Path, message: Message | None, channels: Sequence[Channel]) -> Delivered:
    """What became of a re-check's message, which was written down and sent."""
    journal = journal_in(store)
    journal.tell(ENDED, "", {"hosts": {}, "interrupted": False, "dry_run": True})
    journal.close()
    with open_findings(store) as findings:
        findings.keep_compared(
            run=journal.run,
            name="nightly",
            time="2026-01-01",
            found=lambda _: (),
            told=lambda recheck: () if message is None else deliveries_of(message, recheck.run, channels),
        )
    return deliver(store, channels)
