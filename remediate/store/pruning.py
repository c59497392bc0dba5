"""Taking old runs out of the store, so that it does not grow for ever, and says that they were there."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.errors import UsageError
from remediate.store.alive import Alive
from remediate.store.database import FILE, explained, open_database, transaction
from remediate.store.journal import ENDED
from remediate.store.proof import PRUNED
from remediate.store.writer import RunWriter

_NOTHING_DONE: Mapping[str, Any] = {"dry_run": False, "interrupted": False, "hosts": {}}


def store_size(directory: Path) -> int:
    """How many bytes the store takes on the disk, with what is not yet in its one file."""
    files = [directory / f"{FILE}{end}" for end in ("", "-wal")]
    return sum(file.stat().st_size for file in files if file.exists())


@contextlib.contextmanager
def held(directory: Path, numbers: Sequence[int]) -> Iterator[None]:
    """Keep these runs from being gone on with.

    Raises:
        UsageError: one of them is under way.
    """
    with contextlib.closing(Alive(directory)) as alive:
        for number in numbers:
            if not alive.hold(number):
                raise UsageError(f"run {number} is still under way", cure="wait for its end, or end it")
        yield


def prune(directory: Path, numbers: Sequence[int], head: Mapping[str, Any]) -> None:
    """Take runs out; that it was done is a run of its own, whose head says who did it.

    That a plan was applied by one of them is still known. They are `held`.

    Raises:
        UsageError, TaskFailed: the store cannot be written; what was not taken out is as it was.
    """
    with contextlib.closing(open_database(directory, make=True)) as database, explained(directory / FILE):
        wanted = frozenset(numbers)
        rows = {
            number: {"sum": found, **({"plan": plan} if (plan := json.loads(text).get("plan")) else {})}
            for number, text, found in database.execute("SELECT number, head, sum FROM run")
            if number in wanted
        }
        writer = RunWriter(directory, {**head, PRUNED: {str(number): left for number, left in rows.items()}})
        with contextlib.closing(writer):  # whose end would let go of those that are held
            writer.add(ENDED, "", _NOTHING_DONE, awaited=True)
            with transaction(database):
                for number in rows:
                    database.execute("DELETE FROM run WHERE number = ?", (number,))
                    database.execute("DELETE FROM seal WHERE run = ?", (number,))
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
