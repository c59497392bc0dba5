"""The store's file: opened, brought to this version's schema, and its mistakes told in words.

One SQLite database in write-ahead mode, so that several runs may write to it and people may read meanwhile.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from remediate.errors import UsageError
from remediate.plan_key import KEY_FILE, load_key
from remediate.store.seals import seal_all

FILE = "remediate.db"
OPENING_SECONDS, BUSY_SECONDS = 5.0, 20.0
"""How long a run waits for somebody else's writing: when it begins, and when it is at work."""
_PAUSE = 0.02
_CHECKED = 512 * 1024 * 1024
"""Bytes of a store that is looked through before something is written to it: half a second."""

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
    """
    CREATE TABLE seal (
        run INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,
        sum TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE delivery (
        number   INTEGER PRIMARY KEY AUTOINCREMENT,
        run      INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
        channel  TEXT NOT NULL,
        identity TEXT NOT NULL,
        made     TEXT NOT NULL,
        state    TEXT NOT NULL,
        tries    INTEGER NOT NULL,
        time     TEXT NOT NULL,
        problem  TEXT NOT NULL,
        body     TEXT NOT NULL,
        UNIQUE (run, channel)
    );
    """,
)
"""What brings a store from each version to the next; its version is how many of them it has had."""

_SEALED = 4
"""The version from which on there are seals; what is there already is sealed as it is found."""

VERSION = len(_MIGRATIONS)


def open_database(directory: Path, *, make: bool) -> sqlite3.Connection:
    """The store in `directory`; with `make`, made if it is missing, and seen to be fit for writing.

    Raises:
        UsageError: if there is none, it is damaged or of a newer version, or cannot be written.
    """
    path = directory / FILE
    if not make:
        refuse_missing(directory)
    with explained(path):
        if make:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        # One thread writes, but another one opens and closes.
        database = sqlite3.connect(
            path, timeout=OPENING_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _write_ahead(database)
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA foreign_keys = ON")
            _migrate(database, path)
            if make:
                if path.stat().st_size <= _CHECKED:
                    refuse_damaged(database)
                with transaction(database):  # what is locked, or full, says so now
                    database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        except BaseException:
            database.close()
            raise
    return database


def store_key(directory: Path) -> bytes:
    """The key of a state directory; made there on first use, but not where another one has sealed runs.

    Raises:
        UsageError: the store has seals and the key is missing, or one of the two cannot be used.
    """
    sealed = False
    if (directory / FILE).exists() and not (directory / KEY_FILE).exists():
        with closing(open_database(directory, make=False)) as database, explained(directory / FILE):
            sealed = database.execute("SELECT 1 FROM seal").fetchone() is not None
    return load_key(directory, make=not sealed)


def refuse_missing(directory: Path) -> None:
    """See that there is a store in `directory`.

    Raises:
        UsageError: there is none.
    """
    if not (directory / FILE).exists():
        raise UsageError(f"there is no history in {directory}", cure="name its directory: --state-dir")


def refuse_damaged(database: sqlite3.Connection) -> None:
    """Look through the whole file; to be called where complaints are `explained`.

    Raises:
        DatabaseError: it is not as SQLite writes one.
    """
    said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(f"malformed: {said.splitlines()[-1]}")


def _write_ahead(database: sqlite3.Connection) -> None:
    """Choose the write-ahead mode; while another program does the same, SQLite refuses rather than waits."""
    patient_until = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patient_until:
                raise
            time.sleep(_PAUSE)
        else:
            return


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
        if 0 < version < _SEALED:
            seal_all(database, load_key(path.parent))
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
        raise UsageError(f"the store cannot be used: {path}: {said}", cure=cure_of(str(said))) from None


def cure_of(said: str) -> str:
    """What helps against a complaint of SQLite's or the system's."""
    if "not a database" in said or "malformed" in said:
        return "it is damaged: put a backup in its place, or name another directory: --state-dir"
    if "locked" in said:
        return "it is in use by another program: wait for that one's end, or end it"
    return "make room there, or name a directory that can be written: --state-dir"
