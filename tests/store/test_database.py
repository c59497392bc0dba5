"""The store's file: many processes write to one, and one of an earlier version is brought to this one's."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from remediate.errors import UsageError
from remediate.plan_key import load_key
from remediate.store.chain import BEGINNING, link
from remediate.store.database import _MIGRATIONS, _SEALED, FILE, VERSION, open_database
from remediate.store.findings import open_findings
from remediate.store.history import open_history
from remediate.store.seals import seal_all
from remediate.store.writer import digest
from tests.journals import intent, journal_in

WRITERS, CHANGES = 6, 40


def test_processes_side_by_side_lose_nothing(tmp_path: Path) -> None:
    """All records of all runs are there, and the history is whole."""
    text = (
        "import sys; from pathlib import Path; from tests.journals import intent, journal_in\n"
        "directory, name, changes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])\n"
        "for part in range(2):\n"
        "    journal = journal_in(directory, head={'who': name, 'plan': f'{name}.{part}'})\n"
        "    for number in range(changes): journal.conclude(journal.intend([intent(name)])[0], 'done')\n"
        "    journal.tell('ended', '', {'hosts': {}})\n"
        "    journal.close()\n"
    )
    root = Path(__file__).parents[2]
    line = [sys.executable, "-c", text, str(tmp_path)]
    names = [f"host{number}" for number in range(WRITERS)]
    processes = [subprocess.Popen([*line, name, str(CHANGES)], cwd=root) for name in names]
    assert [process.wait(120) for process in processes] == [0] * WRITERS
    with open_history(tmp_path) as history:
        runs = history.runs()
        found = Counter((record.host, record.kind) for run in runs for record in history.records(run.number))
        assert Counter(run.head["who"] for run in runs) == dict.fromkeys(names, 2)
        assert found == {
            **{(name, kind): 2 * CHANGES for name in names for kind in ("intent", "outcome")},
            ("", "ended"): 2 * WRITERS,
        }
        assert history.altered() == ""


def test_a_store_that_another_one_is_just_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite would refuse at once to choose the write-ahead mode of a file that somebody writes to."""
    with closing(
        sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
    ) as another_one:
        another_one.execute("BEGIN IMMEDIATE")
        made = threading.Timer(0.3, another_one.execute, ["COMMIT"])
        made.start()
        open_database(tmp_path, make=True).close()
        made.join()


def store_of(version: int, directory: Path) -> None:
    """A store as that version made it: two runs, with all that it could hold."""
    with closing(sqlite3.connect(directory / FILE, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for script in _MIGRATIONS[:version]:
            database.executescript(script)
        database.execute(f"PRAGMA user_version = {version}")
        before = BEGINNING
        for number in (1, 2):
            content = json.dumps({"files": {}, "run": number})
            head = {"number": number, "nonce": f"n{number}", "began": "2025-01-01T00:00:00+00:00"}
            head |= {"plan": f"p{number}", "content": digest(content)} if version >= 2 else {}
            before = _insert_run(database, number, json.dumps(head), before)
            if version >= 2:
                database.execute("INSERT INTO content VALUES (?, ?)", (number, content))
                database.execute("INSERT INTO applied VALUES (?, ?)", (f"p{number}", number))
            if version >= 3:
                database.execute("INSERT INTO recheck VALUES (?, 'weekly', '2025')", (number,))
                row = ("weekly", "one", "build", number, "ok", "ok", "", "", "", None)
                database.execute("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if version >= _SEALED:
            seal_all(database, load_key(directory))


def _insert_run(database: sqlite3.Connection, number: int, head: str, before: str) -> str:
    begun = last = link(before, head)
    database.execute("INSERT INTO run VALUES (?, ?, ?, ?)", (number, head, before, begun))
    bodies = [
        ("intent", "one", '{"address":"0.0.0.1.0"}'),
        ("outcome", "one", '{"intent":1,"outcome":"done"}'),
    ]
    for seq, (kind, host, body) in enumerate([*bodies, ("ended", "", '{"hosts":{}}')], 1):
        last = link(last, str(seq), "2025", kind, host, body)
        database.execute(
            "INSERT INTO record VALUES (?, ?, '2025', ?, ?, ?, ?)", (number, seq, kind, host, body, last)
        )
    return begun


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_store_is_brought_to_this_version(tmp_path: Path, version: int) -> None:
    """All that it holds is there, is sealed, and is gone on with; what it never held is told."""
    store_of(version, tmp_path)
    with open_history(tmp_path) as history:
        assert [(run.number, run.head["number"], run.ended) for run in history.runs()] == [
            (1, 1, {"hosts": {}}),
            (2, 2, {"hosts": {}}),
        ]
        assert [record.kind for record in history.records(2)] == ["intent", "outcome", "ended"]
        assert history.run_of("p2") == (2 if version >= 2 else None)
        assert history.altered() == ""
        if version >= 2:
            assert history.content(1)["run"] == 1
        else:
            with pytest.raises(UsageError, match="what it was made of is not kept"):
                history.content(1)
    if version >= 3:
        with open_findings(tmp_path) as findings:
            assert [each.run for each in findings.rechecks(name="weekly")] == [1, 2]
    journal = journal_in(tmp_path)
    journal.intend([intent()])
    journal.close()
    with open_history(tmp_path) as history:
        assert (journal.run, history.altered()) == (3, "")
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("DELETE FROM record WHERE run = 1 AND seq = 3")
    with open_history(tmp_path) as history:
        assert "records are missing at the end of run 1" in history.altered()


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """A store of a later version is left as it is."""
    open_database(tmp_path, make=True).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(UsageError, match="newer remediate"):
        journal_in(tmp_path)
    with pytest.raises(UsageError, match="newer remediate"), open_history(tmp_path):
        pass
    assert (tmp_path / FILE).read_bytes() == before
