"""The store's file: opened, brought to this version's schema, and its mistakes told in words.

One SQLite database in write-ahead mode, so that several runs may write to it and people may read meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remediate.errors import UsageError

FILE = "remediate.db"
BUSY_SECONDS = 20.0
"""How long one run waits for another one's writing."""

_MIGRATIONS = (
    """
    CREATE TABLE run (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        head   TEXT NOT NULL,
        before TEXT NOT NULL,
        sum    TEXT NOT NULL
    );
    CREATE TABLE record (
        run  INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
        seq  INTEGER NOT NULL,
        time TEXT NOT NULL,
        kind TEXT NOT NULL,
        host TEXT NOT NULL,
        body TEXT NOT NULL,
        sum  TEXT NOT NULL,
        PRIMARY KEY (run, seq)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE content (
        run  INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
        body TEXT NOT NULL
    );
    CREATE TABLE applied (
        plan TEXT PRIMARY KEY,
        run  INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE recheck (
        run  INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
        name TEXT NOT NULL,
        time TEXT NOT NULL
    );
    CREATE TABLE finding (
        name     TEXT NOT NULL,
        host     TEXT NOT NULL,
        "check"  TEXT NOT NULL,
        run      INTEGER NOT NULL REFERENCES recheck (run) ON DELETE CASCADE,
        verdict  TEXT NOT NULL,
        severity TEXT NOT NULL,
        change   TEXT NOT NULL,
        since    TEXT NOT NULL,
        message  TEXT NOT NULL,
        figure   TEXT,
        PRIMARY KEY (name, host, "check", run)
    ) WITHOUT ROWID;
    CREATE INDEX finding_of_run ON finding (run);
    """,
)
"""What brings a store from each version to the next; its version is how many of them it has had."""

VERSION = len(_MIGRATIONS)


def open_database(directory: Path, *, make: bool) -> sqlite3.Connection:
    """The store in `directory`; with `make`, both are made if they are missing.

    Raises:
        UsageError: if there is none, it is damaged or of a newer version, or cannot be written.
    """
    path = directory / FILE
    if not make and not path.exists():
        raise UsageError(f"there is no history in {directory}", cure="name its directory: --state-dir")
    with explained(path):
        if make:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        # One thread writes, but another one opens and closes.
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA foreign_keys = ON")
            _migrate(database, path)
        except BaseException:
            database.close()
            raise
    return database


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    if _version(database) == VERSION:
        return
    with transaction(database):
        version = _version(database)  # another run may have been quicker
        if version > VERSION:
            raise UsageError(
                f"{path} was written by a newer remediate (schema {version}, this one knows {VERSION})",
                cure="use that version, or name another directory: --state-dir",
            )
        for script in _MIGRATIONS[version:]:
            for statement in script.split(";"):  # executescript would end the transaction
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, with no other writer in between; on the disk at its end."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell SQLite's and the system's complaints as a person's mistakes.

    Raises:
        UsageError: in their place.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"the store cannot be used: {path}: {said}", cure=_cure(str(said))) from None


def _cure(said: str) -> str:
    if "not a database" in said or "malformed" in said:
        return "it is damaged: put a backup in its place, or name another directory: --state-dir"
    return "make room there, or name a directory that can be written: --state-dir"
