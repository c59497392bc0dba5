"""What the store remembers: runs and their records, read again, and the proof that none was altered."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from remediate.errors import NotKnown, UsageError
from remediate.plan_key import load_key
from remediate.records import dataclass
from remediate.store.database import FILE, explained, open_database, refuse_damaged
from remediate.store.journal import ENDED, INTENT, NOT_SENT, OUTCOME, TASK
from remediate.store.mending import HEAD, mended
from remediate.store.proof import first_wrong


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """A run as it was begun, and its end; `ended` is None if it was cut off, or is still under way."""

    number: int
    head: Mapping[str, Any]
    ended: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing that happened in a run, in UTC."""

    seq: int
    time: str
    kind: str
    host: str
    body: Mapping[str, Any]


_NO_TIME = "1970-01-01T00:00:00+00:00"
_TAKEN_BACK = (
    "SELECT json_extract(run.head, '$.undoes') AS target,"
    " count(DISTINCT json_extract(intent.body, '$.undoes'))"
    " FROM record AS intent JOIN run ON run.number = intent.run WHERE intent.kind = ?"
    " AND json_extract(run.head, '$.undoes') IS NOT NULL AND EXISTS ("
    " SELECT 1 FROM record AS outcome WHERE outcome.run = intent.run AND outcome.kind = ?"
    " AND json_extract(outcome.body, '$.intent') = intent.seq"
    " AND json_extract(outcome.body, '$.outcome') = 'done') GROUP BY target"
)
"""How many changes of each run were taken back by later ones."""


class History:
    """The store, to read from."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path

    def runs(self) -> tuple[KeptRun, ...]:
        """All runs, the first one first."""
        return self._runs("true")

    def _runs(self, condition: str, *values: object) -> tuple[KeptRun, ...]:
        rows = self._select(
            # What follows an end is of a part that has gone on since.
            "SELECT number, head, (SELECT CASE kind WHEN ? THEN body END FROM record WHERE run = number"  # noqa: S608
            f" ORDER BY seq DESC LIMIT 1) FROM run WHERE {condition} ORDER BY number",
            ENDED,
            *values,
        )
        return tuple(
            KeptRun(number=number, head=mended(HEAD, head), ended=mended(ENDED, ended) if ended else None)
            for number, head, ended in rows
        )

    def run(self, number: int) -> KeptRun:
        """One run.

        Raises:
            UsageError: if there is none of this number.
        """
        for run in self._runs("number = ?", number):
            return run
        raise UsageError(f"there is no run {number} in {self._path}", cure="'remediate history' lists them")

    def run_named(self, name: str) -> KeptRun | None:
        """The run that has this name on hosts; None if there is none here."""
        return next(iter(self._runs("json_extract(head, '$.nonce') = ?", name)), None)

    def content(self, run: int) -> Mapping[str, Any]:
        """What a run was made of, as JSON; its secrets are sealed.

        Raises:
            UsageError: it was not kept.
        """
        rows = self._select("SELECT body FROM content WHERE run = ?", run)
        found: Mapping[str, Any] = json.loads(rows[0][0]) if rows else {}
        if not found:
            raise UsageError(
                f"run {run} can neither be gone on with nor taken back: what it was made of is not kept",
                cure=f"see what it did: 'remediate history show {run}'",
            )
        return found

    def last_heard(self) -> Mapping[int, str]:
        """When each run last wrote something, in UTC (ISO 8601); 1970 if nothing tells."""
        rows = self._select(
            "SELECT number, (SELECT max(time) FROM record WHERE run = number),"
            " json_extract(head, '$.began') FROM run"
        )
        return {number: last or _time_in(str(began)) for number, last, began in rows}

    def revocable(self) -> Mapping[int, int]:
        """Of each run that has some, how many changes could be taken back, and are not taken back yet."""
        left = Counter[int]()
        left.update(
            dict(
                self._select(
                    "SELECT run, count(*) FROM record"
                    " WHERE kind = ? AND json_type(body, '$.undo.undo') IS NOT NULL GROUP BY run",
                    INTENT,
                )
            )
        )
        left.subtract(dict(self._select(_TAKEN_BACK, INTENT, OUTCOME)))
        return left

    def share(self, runs: Sequence[int]) -> float:
        """Which part of the store these runs take, about: from 0 to 1."""
        rows = self._select(
            "SELECT number, length(head) + coalesce(length(content.body), 0)"
            " + (SELECT coalesce(sum(length(body) + 200), 0) FROM record WHERE record.run = number)"
            " FROM run LEFT JOIN content ON content.run = number"
        )
        sizes: dict[int, int] = dict(rows)
        return sum(sizes[run] for run in runs) / max(1, sum(sizes.values()))

    def run_of(self, plan: str) -> int | None:
        """The run that applied the plan of this identity; None if none has."""
        rows = self._select("SELECT run FROM applied WHERE plan = ?", plan)
        return int(rows[0][0]) if rows else None

    def undos(self, run: int) -> tuple[KeptRun, ...]:
        """The runs that have taken back changes of this one."""
        return self._runs("json_extract(head, '$.undoes') = ?", run)

    def records(self, run: int, host: str | None = None) -> tuple[Record, ...]:
        """What happened in a run, in order; of one host if it is named."""
        rows = self._select(
            "SELECT seq, time, kind, host, body FROM record WHERE run = ? AND ? IN (host, '') ORDER BY seq",
            run,
            host or "",
        )
        return tuple(
            Record(seq=seq, time=time, kind=kind, host=name, body=mended(kind, body))
            for seq, time, kind, name, body in rows
        )

    def altered(self) -> str:
        """What is not as it was written, or is missing, in a sentence; empty if the history is whole.

        Raises:
            UsageError: the store is damaged, or the key of its seals is not beside it.
        """
        key = load_key(self._path.parent, make=False)
        with explained(self._path):
            refuse_damaged(self._database)
            self._database.execute("BEGIN")  # runs may be writing: all is seen as it was at one moment
            try:
                return first_wrong(self._database, key)
            finally:
                self._database.execute("ROLLBACK")

    def _select(self, query: str, *values: object) -> list[Any]:
        with explained(self._path):
            return self._database.execute(query, values).fetchall()


@contextmanager
def open_history(directory: Path) -> Iterator[History]:
    """The store in `directory`, for reading.

    Raises:
        UsageError: if there is none, or it cannot be read.
    """
    with closing(open_database(directory, make=False)) as database:
        yield History(database, directory / FILE)


def _time_in(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _NO_TIME
    return text


def unfinished(records: Sequence[Record]) -> tuple[Record, ...]:
    """The intents without an outcome, or one that tells nothing: whether these were made, nobody knows."""
    outcomes = {record.body["intent"]: record.body["outcome"] for record in records if record.kind == OUTCOME}
    intents = [record for record in records if record.kind == INTENT]
    # A run that went on has sent the same change again, or has found it made.
    told = [each for each in intents if outcomes.get(each.seq, NOT_SENT) != NOT_SENT]
    settled = {(each.host, address_of(each)) for each in told}
    settled_steps = {
        (r.host, tuple(r.body["kept"]["step"])) for r in records if r.kind == TASK and r.body.get("kept")
    }

    def is_settled(each: Record) -> bool:
        address = address_of(each)
        return bool(address) and (
            (each.host, address) in settled or (each.host, step_of(address)) in settled_steps
        )

    return tuple(
        each
        for each in intents
        if outcomes.get(each.seq) == NotKnown.__name__ or (each.seq not in outcomes and not is_settled(each))
    )


def address_of(intent: Record) -> str:
    """A change's place in its run; empty in a run of which nothing was kept to go on with."""
    address: str = intent.body.get("address", "")
    return address


def step_of(address: str) -> tuple[int, int]:
    """The task in a change's address: which play, and which task of it."""
    play, task = address.split(".")[:2]
    return int(play), int(task)
