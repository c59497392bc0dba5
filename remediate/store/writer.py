"""The store's one writing thread: what many hosts write at the same time goes to the disk together."""

import contextlib
import hashlib
import queue
import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from remediate.canonical import storable
from remediate.errors import TaskFailed, UsageError
from remediate.records import dataclass
from remediate.store.alive import Alive
from remediate.store.chain import BEGINNING, link
from remediate.store.database import FILE, cure_of, explained, open_database, store_key, transaction
from remediate.store.seals import RUNS, end_of, seal

_GATHER_SECONDS = 0.05
"""How long records that nobody waits for are gathered."""


@dataclass
class _Pending:
    kind: str
    host: str
    body: str | Mapping[str, Any]
    seq: int
    time: str
    content: str
    written: threading.Event | None
    """Set when it is on the disk; None where nobody waits for that."""
    problem: str = ""


class RunWriter:
    """The records of one run, in the order in which they were added."""

    def __init__(
        self, directory: Path, head: Mapping[str, Any], content: str = "{}", *, resumed: int = 0
    ) -> None:
        """Open the store in `directory`, and begin the run in it: what cannot be written is known now.

        `content` is what the run is made of, as far as that is known. Where the head names a plan, the run is
        that plan's only one. `resumed` is the number of a run there is, which goes on, and which the caller
        holds (see `Alive`); 0 for a new one.

        Raises:
            UsageError: the store cannot be used, or the plan was applied; nothing is sent without it.
        """
        self._path = directory / FILE
        with contextlib.ExitStack() as opened:
            self._database = opened.enter_context(contextlib.closing(open_database(directory, make=True)))
            self._key = store_key(directory)
            if resumed:
                with explained(self._path):
                    self._seq, self._sum = self._end(resumed)
                self.number = resumed
            else:
                alive = opened.enter_context(contextlib.closing(Alive(directory)))
                with explained(self._path):
                    self.number, self._sum = self._begin(head, content, alive)
                self._seq = 0
            self._opened = opened.pop_all()
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self.problem = ""
        """Why not everything could be written, and what helps; empty if it was."""
        self._thread = threading.Thread(target=self._work, name="remediate-store", daemon=True)
        self._thread.start()

    def add(
        self, kind: str, host: str, body: str | Mapping[str, Any], *, awaited: bool, content: str = ""
    ) -> int:
        """Add a record; its number within the run.

        Args:
            kind: what it tells.
            host: about which host; empty for the run as a whole.
            body: anything that JSON has a form for, without secrets; or its `storable` text.
            awaited: whether to come back only when it is on the disk.
            content: what the run is made of, as it is known now; empty if that is as it was.

        Raises:
            TaskFailed: it was awaited, and could not be written.
        """
        written = threading.Event() if awaited else None
        with self._lock:
            self._seq += 1
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            pending = _Pending(kind, host, body, self._seq, now, content, written)
            self._queue.put(pending)
        if written is not None:
            self._hurry.set()
            written.wait()
            if pending.problem:
                raise TaskFailed(
                    f"not done: the store {self._path} cannot be written: {pending.problem}",
                    cure=cure_of(pending.problem),
                )
        return pending.seq

    def close(self) -> None:
        """Write what is left and close the store."""
        self._queue.put(None)
        self._hurry.set()
        self._thread.join()
        self._opened.close()

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
        if first is not None and first.written is None:
            self._hurry.wait(_GATHER_SECONDS)
        self._hurry.clear()  # before all is taken: who sets it then has put something new
        while first is not None:
            batch.append(first)
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _write(self, batch: list[_Pending]) -> None:
        problem = self.problem  # a chain with a gap would be worse than one that ends
        if not problem:
            try:
                self._sum = self._insert(batch)
            except Exception as error:  # whatever it is: those who wait must hear of it
                problem = self.problem = str(error)
        for each in batch:
            each.problem = problem
            if each.written is not None:
                each.written.set()

    def _insert(self, batch: list[_Pending]) -> str:
        last = self._sum
        with transaction(self._database):
            rows = []
            for each in batch:
                body = each.body if isinstance(each.body, str) else storable(each.body)
                last = link(last, str(each.seq), each.time, each.kind, each.host, body)
                rows.append((self.number, each.seq, each.time, each.kind, each.host, body, last))
                if each.content:
                    update = "UPDATE content SET body = ? WHERE run = ?"
                    self._database.execute(update, (each.content, self.number))
            self._database.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            seal(self._database, self._key, self.number, batch[-1].seq, last)
        return last

    def _end(self, run: int) -> tuple[int, str]:
        """The number and the sum of a run's last record."""
        (begun,) = self._database.execute("SELECT sum FROM run WHERE number = ?", (run,)).fetchone()
        return end_of(self._database, run, begun)

    def _begin(self, head: Mapping[str, Any], content: str, alive: Alive) -> tuple[int, str]:
        """The new run's number, and its sum.

        Raises:
            UsageError: the plan that it carries out was applied by another run meanwhile.
        """
        with transaction(self._database):
            whole = {**head, "content": digest(content)}
            number, begun = begin(self._database, self._key, whole)
            alive.hold(number)  # before anybody else can see the run
            self._database.execute("INSERT INTO content VALUES (?, ?)", (number, content))
            if "plan" in head:
                try:
                    self._database.execute("INSERT INTO applied VALUES (?, ?)", (head["plan"], number))
                except sqlite3.IntegrityError:
                    raise UsageError(
                        "this plan has been applied by another run meanwhile", cure="see 'remediate history'"
                    ) from None
        return number, begun


def begin(database: sqlite3.Connection, key: bytes, head: Mapping[str, Any]) -> tuple[int, str]:
    """A new run's number, and its sum, which follows that of the run before."""
    text = storable(head)
    last = database.execute("SELECT sum FROM run ORDER BY number DESC LIMIT 1").fetchone()
    before = last[0] if last else BEGINNING
    begun = link(before, text)
    insert = "INSERT INTO run (head, before, sum) VALUES (?, ?, ?)"
    number = database.execute(insert, (text, before, begun)).lastrowid or 0
    seal(database, key, RUNS, number, begun)
    seal(database, key, number, 0, begun)
    return number, begun


def digest(content: str) -> str:
    """The sum (SHA-256, hexadecimal) by which the chain holds what a run is made of."""
    return hashlib.sha256(content.encode()).hexdigest()
