"""The history: runs are found again, what was altered is found out, and a bad store is told in words."""

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import UsageError
from remediate.plan_key import KEY_FILE
from remediate.store.chain import link
from remediate.store.database import FILE
from remediate.store.history import open_history
from remediate.store.journal import ENDED
from tests.journals import intent, journal_in


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three runs, the second one of a plan, the last one without an end."""
    for number in range(3):
        journal = journal_in(tmp_path, head={"number": number, **({"plan": "4711"} if number == 1 else {})})
        for host in ("a", "b"):
            journal.conclude(journal.intend([intent(host, f"write /etc/{number}")])[0], "done")
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
    ("change", "what"),
    [
        ("UPDATE run SET head = '{\"number\":9}' WHERE number = 2", "run 2 is not"),
        (
            "UPDATE record SET body = replace(body, '/etc/1', '/etc/x') WHERE run = 2 AND seq = 1",
            "2, record 1 ",
        ),
        ("UPDATE record SET host = 'z' WHERE run = 1 AND seq = 4", "run 1, record 4 "),
        ("UPDATE record SET time = '2001-01-01' WHERE run = 3 AND seq = 2", "run 3, record 2 "),
        ("DELETE FROM record WHERE run = 2 AND seq = 3", "run 2, record 3 "),
        ("UPDATE run SET before = sum WHERE number = 3", "run 3 is not"),
        ("DELETE FROM record WHERE run = 1 AND seq > 4", "records are missing at the end of run 1"),
        ("DELETE FROM record WHERE run = 3", "records are missing at the end of run 3"),
        ("DELETE FROM seal WHERE run = 3", "records are missing at the end of run 3"),
        ("DELETE FROM run WHERE number = 1", "run 1 is missing, and no run has pruned it"),
        ("DELETE FROM run WHERE number = 3", "runs are missing at the end"),
        ("DELETE FROM run", "runs are missing at the end"),
        ("UPDATE content SET body = '{\"files\":{}}' WHERE run = 2", "what run 2 is made of"),
        ("DELETE FROM content WHERE run = 1", "what run 1 is made of"),
        ("DELETE FROM applied", "that plan 4711 was applied"),
        ("UPDATE applied SET run = 1", "that plan 4711 was applied"),
        ("INSERT INTO applied VALUES ('4712', 1)", "that plan 4712 was applied"),
    ],
)
def test_what_is_altered_or_missing_is_found(store: Path, change: str, what: str) -> None:
    """A record, the end of a run, runs at either end, what a run is made of, which plan it has applied."""
    with open_history(store) as history:
        assert history.altered() == ""
    with sqlite3.connect(store / FILE) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute(change)
    with open_history(store) as history:
        assert what in history.altered()


def test_who_writes_the_whole_chain_anew_needs_the_key(store: Path) -> None:
    """The sums alone can be made by anybody; the seals cannot, for they are keyed."""
    with sqlite3.connect(store / FILE) as database:
        (begun,) = database.execute("SELECT sum FROM run WHERE number = 3").fetchone()
        rows = database.execute("SELECT seq, time, kind, host, body FROM record WHERE run = 3 AND seq < 3")
        for row in rows.fetchall():
            seq, time, kind, host, body = (*row[:4], row[4].replace("/etc/2", "/etc/x"))
            begun = link(begun, str(seq), time, kind, host, body)
            database.execute(
                "UPDATE record SET body = ?, sum = ? WHERE run = 3 AND seq = ?", (body, begun, seq)
            )
        database.execute("DELETE FROM record WHERE run = 3 AND seq > 2")
        database.execute("UPDATE seal SET seq = 2 WHERE run = 3")
    with open_history(store) as history:
        assert "the end of run 3, or it was sealed with another key" in history.altered()


def test_nothing_is_proven_without_the_key(store: Path) -> None:
    """A history whose key is gone is not called whole, and no other key is made for it."""
    (store / KEY_FILE).unlink()
    with open_history(store) as history, pytest.raises(UsageError, match=r"no plan.key.*a copy of it"):
        history.altered()
    assert not (store / KEY_FILE).exists()


def test_a_history_is_whole_while_a_run_writes(store: Path) -> None:
    """What comes in between two looks of the proof is not taken for tampering."""
    journal, over = journal_in(store), threading.Event()

    def write() -> None:
        while not over.is_set():
            journal.conclude(journal.intend([intent("a")])[0], "done")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        with open_history(store) as history:
            assert {history.altered() for _ in range(50)} == {""}
    finally:
        over.set()
        writing.join()
        journal.close()


def test_a_run_is_known_before_anything_happens_in_it(tmp_path: Path) -> None:
    """It is in the store from its beginning, so that what it leaves on hosts can be told to be its own."""
    journal = journal_in(tmp_path)
    with open_history(tmp_path) as history:
        assert [(run.number, run.ended) for run in history.runs()] == [(journal.run, None)]
    journal.close()


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_records_have_different_sums(one: list[str], other: list[str]) -> None:
    """Text cannot move from one part of a record into the next unseen."""
    assert (link("0", *one) == link("0", *other)) is (one == other)


def test_a_damaged_store_is_told_in_words(tmp_path: Path) -> None:
    """What is no database is refused with the cure, before a run begins."""
    (tmp_path / FILE).write_bytes(b"this is no database, but it is long enough to be looked at" * 50)
    with pytest.raises(UsageError, match=r"cannot be used.*not a database.*damaged.*backup"):
        journal_in(tmp_path)


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
