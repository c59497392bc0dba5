"""The store's one writing thread: what many hosts write at the same time goes to the disk together."""

import hashlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from remediate.canonical import storable
from remediate.errors import TaskFailed
from remediate.store.alive import Alive
from remediate.store.chain import BEGINNING, link
from remediate.store.database import FILE, open_database, transaction

_GATHER_SECONDS = 0.05
"""How long records that nobody waits for are gathered."""


@dataclass
class _Pending:
    kind: str
    host: str
    body: Mapping[str, Any]
    seq: int
    awaited: bool
    time: str
    written: threading.Event = field(default_factory=threading.Event)
    problem: str = ""


class RunWriter:
    """The records of one run, in the order in which they were added."""

    def __init__(
        self, directory: Path, head: Mapping[str, Any], content: Callable[[], str], *, resumed: int = 0
    ) -> None:
        """Open the store in `directory`; the run begins in it with its first record.

        `content` is asked then for what the run is made of. Where the head names a plan, the run is that
        plan's only one. `resumed` is the number of a run there is, which goes on, and which the caller holds
        (see `Alive`); 0 for a new one.

        Raises:
            UsageError: see `open_database`; nothing is sent without a store.
        """
        self.number = resumed
        """The run's number in the store; 0 before its first record."""
        self._path = directory / FILE
        self._database = open_database(directory, make=True)
        self._alive = None if resumed else Alive(directory)  # who goes on with a run holds it already
        self._head = head
        self._content = content
        self._sum, self._seq = self._last(resumed) if resumed else ("", 0)
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self.problem = ""
        """Why not everything could be written; empty if it was."""
        self._thread = threading.Thread(target=self._work, name="remediate-store", daemon=True)
        self._thread.start()

    def add(self, kind: str, host: str, body: Mapping[str, Any], *, awaited: bool) -> int:
        """Add a record; its number within the run.

        Args:
            kind: what it tells.
            host: about which host; empty for the run as a whole.
            body: anything that JSON has a form for, without secrets.
            awaited: whether to come back only when it is on the disk.

        Raises:
            TaskFailed: it was awaited, and could not be written.
        """
        with self._lock:
            self._seq += 1
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            pending = _Pending(kind, host, body, self._seq, awaited, now)
            self._queue.put(pending)
        if awaited:
            pending.written.wait()
            if pending.problem:
                raise TaskFailed(
                    f"not done: the store {self._path} cannot be written: {pending.problem}",
                    cure="make room there, or name another directory: --state-dir",
                )
        return pending.seq

    def close(self) -> None:
        """Write what is left and close the store."""
        self._queue.put(None)
        self._thread.join()
        self._database.close()
        if self._alive is not None:
            self._alive.close()

    def _work(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._gather()
            if batch:
                self._write(batch)

    def _gather(self) -> tuple[list[_Pending], bool]:
        """What has come in: at once if somebody waits for it, else a little later."""
        batch: list[_Pending] = []
        first = self._queue.get()
        while first is not None:
            batch.append(first)
            hurry = any(each.awaited for each in batch)
            try:
                first = self._queue.get(block=not hurry, timeout=None if hurry else _GATHER_SECONDS)
            except queue.Empty:
                return batch, False
        return batch, True

    def _write(self, batch: list[_Pending]) -> None:
        problem = self.problem  # a chain with a gap would be worse than one that ends
        if not problem:
            try:
                self._sum = self._insert(batch)
            except sqlite3.IntegrityError:
                problem = self.problem = "this plan has been applied by another run meanwhile"
            except Exception as error:  # whatever it is: those who wait must hear of it
                problem = self.problem = str(error)
        for each in batch:
            each.problem = problem
            each.written.set()

    def _insert(self, batch: list[_Pending]) -> str:
        with transaction(self._database):
            number, last = (self.number, self._sum) if self.number else self._begin()
            rows = []
            for each in batch:
                body = storable(each.body)
                last = link(last, str(each.seq), each.time, each.kind, each.host, body)
                rows.append((number, each.seq, each.time, each.kind, each.host, body, last))
            self._database.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.number = number
        return last

    def _last(self, run: int) -> tuple[str, int]:
        """The sum and the number of a run's last record."""
        last = "SELECT sum, seq FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1"
        found: tuple[str, int] = self._database.execute(last, (run,)).fetchone()
        return found

    def _begin(self) -> tuple[int, str]:
        """The new run's number, and its sum, which follows that of the run before."""
        content = self._content()
        head = storable({**self._head, "content": hashlib.sha256(content.encode()).hexdigest()})
        last = self._database.execute("SELECT sum FROM run ORDER BY number DESC LIMIT 1").fetchone()
        before = last[0] if last else BEGINNING
        found = link(before, head)
        insert = "INSERT INTO run (head, before, sum) VALUES (?, ?, ?)"
        number = self._database.execute(insert, (head, before, found)).lastrowid or 0
        if self._alive is not None:
            self._alive.hold(number)  # before anybody else can see the run
        self._database.execute("INSERT INTO content VALUES (?, ?)", (number, content))
        if "plan" in self._head:
            self._database.execute("INSERT INTO applied VALUES (?, ?)", (self._head["plan"], number))
        return number, found
