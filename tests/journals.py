"""Journals for tests: in a store, of runs of which nothing else needs to be known."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remediate.sealing import Sealer
from remediate.secrecy import Redactor
from remediate.store.journal import Intent
from remediate.store.run_journal import StoreJournal


def journal_in(directory: Path, *secrets: str, head: Mapping[str, Any] | None = None) -> StoreJournal:
    """A journal of a run, with these secrets known."""
    sealer = Sealer([("a_password", secret) for secret in secrets], b"k" * 32, "nonce")
    return StoreJournal(directory, head or {"who": "somebody"}, redactor=Redactor(secrets), sealer=sealer)


def intent(host: str = "one", change: str = "write /etc/motd", **values: Any) -> Intent:
    """A change about to be sent."""
    return Intent(**{"host": host, "task": "a task", "change": change, "address": "0.0.0.1.0", **values})
