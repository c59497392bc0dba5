"""The seals: keyed sums of where each run ends, and the row of all runs, so that nothing is cut off unseen.

The chain alone shows what is altered or missing within it, to whoever cannot write it anew. Who has not the
state directory's key can do neither that, nor cut off an end and seal what is left.
"""

import hashlib
import hmac
import sqlite3

RUNS = 0
"""Stands for the row of all runs, where others have a run's number."""


def seal(database: sqlite3.Connection, key: bytes, run: int, seq: int, end: str) -> None:
    """Seal a run that ends with record `seq`, whose sum is `end`; or the RUNS, of which the last is `seq`."""
    database.execute("INSERT OR REPLACE INTO seal VALUES (?, ?, ?)", (run, seq, seal_of(key, run, seq, end)))


def seal_of(key: bytes, run: int, seq: int, end: str) -> str:
    """The keyed sum (HMAC-SHA256, hexadecimal) of an end."""
    return hmac.new(key, f"{run} {seq} {end}".encode(), hashlib.sha256).hexdigest()


def seal_all(database: sqlite3.Connection, key: bytes) -> None:
    """Seal all runs as they are now."""
    runs = database.execute("SELECT number, sum FROM run ORDER BY number").fetchall()
    for number, begun in runs:
        seal(database, key, number, *end_of(database, number, begun))
    if runs:
        seal(database, key, RUNS, *runs[-1])


def end_of(database: sqlite3.Connection, run: int, begun: str) -> tuple[int, str]:
    """The number and the sum of a run's last record; 0 and the run's own sum `begun` if it has none."""
    last = "SELECT seq, sum FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1"
    found: tuple[int, str] | None = database.execute(last, (run,)).fetchone()
    return found or (0, begun)
