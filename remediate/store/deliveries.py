"""What was to be told of re-checks, and whether it was: written down before it is sent, and after."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from remediate.records import dataclass
from remediate.store.database import FILE, explained, open_database, transaction

State = Literal["waiting", "sent", "failed", "covered"]
"""Nobody knows that it was sent; it was; it was tried, and not taken; it was not, and is no news any more."""

_DUE = "state IN ('waiting', 'failed')"
_CHANGED = "change IN ('new', 'fixed')"
_COVERED = f"""{_DUE}
    AND EXISTS (SELECT 1 FROM finding WHERE run = delivery.run AND {_CHANGED})
    AND NOT EXISTS (
        SELECT 1 FROM finding AS told WHERE told.run = delivery.run AND told.{_CHANGED} AND NOT EXISTS (
            SELECT 1 FROM finding AS later JOIN delivery AS other ON other.run = later.run
            WHERE other.channel = delivery.channel AND later.run > told.run AND later.{_CHANGED}
            AND (later.name, later.host, later."check") = (told.name, told.host, told."check")
        )
    )"""  # noqa: S608 - our own words


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A run's message for one channel. Times are in UTC (ISO 8601); `time` is that of the last try, or
    when it was given up.

    `identity` is by what a receiver knows a message that comes twice. `problem` says why it was not sent, or
    what is to be remarked although it was.
    """

    number: int = 0
    run: int
    channel: str
    identity: str
    made: str
    state: State = "waiting"
    tries: int = 0
    time: str = ""
    problem: str = ""
    body: Mapping[str, Any] = field(repr=False)


class Deliveries:
    """What the store keeps of messages."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path

    def begin(self, number: int, time: str) -> bool:
        """Write down that it is tried now; False if it was sent meanwhile."""
        with explained(self._path), transaction(self._database):
            found = self._database.execute(
                "UPDATE delivery SET state = 'waiting', tries = tries + 1, time = ?"
                " WHERE number = ? AND state <> 'sent'",
                (time, number),
            )
            return found.rowcount == 1

    def end(self, number: int, state: State, problem: str) -> None:
        """Write down how the try ended."""
        with explained(self._path), transaction(self._database):
            self._database.execute(
                "UPDATE delivery SET state = ?, problem = ? WHERE number = ?", (state, problem, number)
            )

    def cover(self, time: str) -> tuple[Delivery, ...]:
        """Find what was not sent and is no news any more at `time`; it is not due from now on.

        All that it tells has changed again, in re-checks that had a message for the same channel.
        """
        with explained(self._path), transaction(self._database):
            covered = self._select(_COVERED)
            self._database.executemany(
                "UPDATE delivery SET state = 'covered', time = ? WHERE number = ?",
                ((time, each.number) for each in covered),
            )
        return covered

    def due(self) -> tuple[Delivery, ...]:
        """What is to be sent still, the oldest first."""
        return self._select(_DUE)

    def unsent(self, run: int) -> tuple[Delivery, ...]:
        """What was not sent of a run, whether it is news still or not."""
        return self._select("state <> 'sent' AND run = ?", run)

    def untold(self, since: str) -> tuple[Delivery, ...]:
        """What was not sent of what was made, tried or given up at `since` or later."""
        return self._select("state <> 'sent' AND max(made, time) >= ?", since)

    def kept(self, run: int | None = None) -> tuple[Delivery, ...]:
        """All, or those of one run; the oldest first."""
        return self._select("coalesce(?, run) = run", run)

    def _select(self, condition: str, *values: object) -> tuple[Delivery, ...]:
        with explained(self._path):
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM delivery WHERE {condition} ORDER BY number",  # noqa: S608 - ours
                values,
            ).fetchall()
        return tuple(_delivery(row) for row in rows)


def insert_deliveries(database: sqlite3.Connection, deliveries: Iterable[Delivery]) -> None:
    """Write down what is going to be sent, within the caller's transaction; a run has one for a channel."""
    database.executemany(
        "INSERT INTO delivery (run, channel, identity, made, state, tries, time, problem, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                each.run,
                each.channel,
                each.identity,
                each.made,
                each.state,
                each.tries,
                each.time,
                each.problem,
                json.dumps(each.body),
            )
            for each in deliveries
        ),
    )


_COLUMNS = "number, run, channel, identity, made, state, tries, time, problem, body"


def _delivery(row: tuple[Any, ...]) -> Delivery:
    number, run, channel, identity, made, state, tries, time, problem, body = row
    return Delivery(
        number=number,
        run=run,
        channel=channel,
        identity=identity,
        made=made,
        state=state,
        tries=tries,
        time=time,
        problem=problem,
        body=json.loads(body),
    )


@contextmanager
def open_deliveries(directory: Path) -> Iterator[Deliveries]:
    """What the store in `directory` keeps of messages.

    Raises:
        UsageError: if there is none, or it cannot be used.
    """
    with closing(open_database(directory, make=False)) as database:
        yield Deliveries(database, directory / FILE)
