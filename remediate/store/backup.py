"""A copy of the store as it is at one moment, made while runs may be writing to it."""

import contextlib
import os
import sqlite3
from pathlib import Path

from remediate.errors import UsageError
from remediate.store.database import FILE, explained, open_database, refuse_damaged


def back_up(directory: Path, copy: Path) -> None:
    """Copy the store in `directory` into a new file that only its owner may read.

    Raises:
        UsageError: there is no store, it is damaged, or the file is there already or cannot be written.
    """
    with contextlib.closing(open_database(directory, make=False)) as store:
        with explained(directory / FILE):
            refuse_damaged(store)
        try:
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise UsageError(f"{copy}: {error.strerror}", cure="name a new file that you may write") from None
        try:
            _fill(copy, store)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise


def _fill(copy: Path, store: sqlite3.Connection) -> None:
    try:
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as target:
            store.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, and nothing beside it
    except sqlite3.Error as error:
        raise UsageError(f"{copy} cannot be written: {error}", cure="make room there") from None
