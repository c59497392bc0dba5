"""The history: runs are found again, what was altered is found out, and a bad store is told in words."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import TaskFailed, UsageError
from remediate.store.chain import link
from remediate.store.database import FILE, VERSION, open_database
from remediate.store.history import open_history
from remediate.store.journal import ENDED
from tests.journals import intent, journal_in


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three runs, the last one without an end."""
    for number in range(3):
        journal = journal_in(tmp_path, head={"number": number})
        for host in ("a", "b"):
            journal.conclude(journal.intend(intent(host, f"write /etc/{number}")), "done")
        if number < 2:
            journal.tell(ENDED, "", {"hosts": {}})
        journal.close()
    return tmp_path


def test_runs_are_found_again(store: Path) -> None:
    """In their order, with what they began with, and whether they came to an end."""
    with open_history(store) as history:
        assert [(run.number, run.head["number"], run.ended is not None) for run in history.runs()] == [
            (1, 0, True),
            (2, 1, True),
            (3, 2, False),
        ]
        assert history.run(2).number == 2
        with pytest.raises(UsageError, match=r"no run 7 .*'remediate history' lists them"):
            history.run(7)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE run SET head = '{\"number\":9}' WHERE number = 2", "run 2"),
        (
            "UPDATE record SET body = replace(body, '/etc/1', '/etc/x') WHERE run = 2 AND seq = 1",
            "run 2, record 1",
        ),
        ("UPDATE record SET host = 'z' WHERE run = 1 AND seq = 4", "run 1, record 4"),
        ("UPDATE record SET time = '2001-01-01' WHERE run = 3 AND seq = 2", "run 3, record 2"),
        ("DELETE FROM record WHERE run = 2 AND seq = 3", "run 2, record 3"),
        ("UPDATE run SET before = sum WHERE number = 3", "run 3"),
    ],
)
def test_an_altered_record_is_found(store: Path, change: str, where: str) -> None:
    """Whoever changes or takes out one record breaks the chain there."""
    with open_history(store) as history:
        assert history.altered() == ""
    with sqlite3.connect(store / FILE) as database:
        database.execute(change)
    with open_history(store) as history:
        assert history.altered() == where


def test_a_whole_run_may_be_pruned(store: Path) -> None:
    """Without its oldest run the rest of the chain still holds, and numbers are not given twice."""
    database = open_database(store, make=False)
    database.execute("DELETE FROM run WHERE number = 1")
    assert database.execute("SELECT count(*) FROM record WHERE run = 1").fetchone() == (0,)
    database.close()
    with open_history(store) as history:
        assert history.altered() == ""
        assert [run.number for run in history.runs()] == [2, 3]
    journal = journal_in(store)
    journal.intend(intent("a"))
    journal.close()
    assert journal.run == 4


def test_a_run_without_a_record_is_none(tmp_path: Path) -> None:
    """What was refused before anything happened is not remembered."""
    journal_in(tmp_path).close()
    with open_history(tmp_path) as history:
        assert history.runs() == ()


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_records_have_different_sums(one: list[str], other: list[str]) -> None:
    """Text cannot move from one part of a record into the next unseen."""
    assert (link("0", *one) == link("0", *other)) is (one == other)


def test_a_damaged_store_is_told_in_words(tmp_path: Path) -> None:
    """What is no database is refused with the cure, before a run begins."""
    (tmp_path / FILE).write_bytes(b"this is no database, but it is long enough to be looked at" * 50)
    with pytest.raises(UsageError, match=r"cannot be used.*not a database.*damaged.*backup"):
        journal_in(tmp_path)


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """A store of a later version is left as it is."""
    open_database(tmp_path, make=True).close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(UsageError, match="newer remediate"):
        journal_in(tmp_path)


def test_a_locked_store_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another program holds the store for too long, the message says so."""
    monkeypatch.setattr("remediate.store.database.BUSY_SECONDS", 0.05)
    open_database(tmp_path, make=True).close()
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    journal = journal_in(tmp_path)
    with pytest.raises(TaskFailed, match="locked"):
        journal.intend(intent("a"))
    journal.close()
    holder.close()


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the file and the option that mends it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"store cannot be used.*file.*--state-dir"):
        journal_in(tmp_path / "file" / "state")


def test_no_store_is_no_history(tmp_path: Path) -> None:
    """Reading makes no store."""
    with pytest.raises(UsageError, match="there is no history"), open_history(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
