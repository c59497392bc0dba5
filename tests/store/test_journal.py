"""The journal: on the disk before a change is sent, for nobody else to read, and without secrets."""

import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remediate.errors import TaskFailed
from remediate.sealing import Opener, Sealer
from remediate.secrecy import Redactor
from remediate.store import writer
from remediate.store.database import FILE
from remediate.store.history import Record, open_history, unfinished
from remediate.store.journal import NoJournal
from remediate.store.run_journal import StoreJournal
from tests.journals import intent, journal_in


def kept(directory: Path, run: int, host: str | None = None) -> tuple[Record, ...]:
    """What another reader finds in the store at this moment."""
    with open_history(directory) as history:
        return history.records(run, host)


def test_an_intent_is_in_the_store_before_it_is_told(tmp_path: Path) -> None:
    """When `intend` comes back, another reader finds the intent; the outcome refers to its number."""
    journal = journal_in(tmp_path / "deep" / "state")
    first = journal.intend([intent("one", "write /etc/motd")])[0]
    (found,) = kept(tmp_path / "deep" / "state", journal.run)
    assert (found.seq, found.host, found.body["change"]) == (first, "one", "write /etc/motd")
    second = journal.intend([intent("two", "write /etc/motd")])[0]
    journal.conclude(first, "done")
    journal.close()
    records = kept(tmp_path / "deep" / "state", journal.run)
    assert [(each.kind, each.body.get("intent")) for each in records] == [
        ("intent", None),
        ("intent", None),
        ("outcome", first),
    ]
    assert [each.seq for each in unfinished(records)] == [second]
    assert {each.seq for each in kept(tmp_path / "deep" / "state", journal.run, "one")} == {first, 3}


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    """SQLite is told to force each commit to the disk (synchronous FULL), in write-ahead mode."""
    journal = journal_in(tmp_path)
    database = journal._writer._database
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


def test_only_the_user_may_read_it_and_it_holds_no_secret(tmp_path: Path) -> None:
    """The file is private, and secrets are masked in it, in the run's own words, too."""
    journal = journal_in(tmp_path, "pa'ss\"word", head={"command": "-e pw=pa'ss\"word"})
    journal.intend([intent("one", "run login pa'ss\"word")])
    journal.tell("task", "one", {"diff": ["+ pa'ss\"word"]})
    journal.close()
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b'ss\\"word' not in file.read_bytes()
    assert kept(tmp_path, journal.run)[0].body["change"] == "run login ********"


def test_many_hosts_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in while the disk is busy is written together: far fewer commits than intents."""
    journal = journal_in(tmp_path)
    commits: list[int] = []
    insert: Callable[..., str] = writer.RunWriter._insert
    busy = threading.Event()

    def slow(self: writer.RunWriter, batch: list[Any]) -> str:
        commits.append(len(batch))
        busy.wait(60)
        return insert(self, batch)

    monkeypatch.setattr(writer.RunWriter, "_insert", slow)
    threads = [threading.Thread(target=journal.intend, args=([intent(f"h{n}")],)) for n in range(50)]
    for thread in threads:
        thread.start()
    while journal._writer._seq < len(threads):
        threading.Event().wait(0.001)
    busy.set()
    for thread in threads:
        thread.join()
    journal.close()
    assert sum(commits) == 50
    assert len(commits) <= 3
    assert {each.host for each in kept(tmp_path, journal.run)} == {f"h{n}" for n in range(50)}


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("database or disk is full", "make room there, or name a directory"),
        ("database disk image is malformed", "it is damaged: put a backup in its place"),
        ("database is locked", "it is in use by another program: wait"),
    ],
)
def test_a_store_that_becomes_unfit_fails_the_task_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, cure: str
) -> None:
    """What cannot be written down is a failure with the right cure, raised before anything is sent."""

    def fail(_self: writer.RunWriter, _batch: list[Any]) -> str:
        raise sqlite3.DatabaseError(said)

    journal = journal_in(tmp_path)
    monkeypatch.setattr(writer.RunWriter, "_insert", fail)
    with pytest.raises(TaskFailed, match=rf"not done: the store .* cannot be written: {said} \({cure}"):
        journal.intend([intent("one", "x")])
    monkeypatch.undo()
    with pytest.raises(TaskFailed, match=said):
        journal.intend([intent("one", "x")])
    journal.close()
    assert journal.problem == said
    assert kept(tmp_path, journal.run) == ()
    with open_history(tmp_path) as history:
        assert history.altered() == ""


def test_a_store_that_becomes_locked_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For so long, while a run is at work; then what was to be done is not done."""
    monkeypatch.setattr("remediate.store.database.BUSY_SECONDS", 0.1)
    journal = journal_in(tmp_path)
    text = "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    text += "held.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
    line = [sys.executable, "-c", text, str(tmp_path / FILE)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TaskFailed, match=r"database is locked \(it is in use by another program"):
            journal.intend([intent("a")])
        holder.communicate()
    journal.close()


def test_runs_side_by_side_lose_nothing(tmp_path: Path) -> None:
    """Two runs in one store have numbers and records of their own, and one unbroken chain."""
    one, other = journal_in(tmp_path), journal_in(tmp_path)
    for number in range(20):
        one.conclude(one.intend([intent("a", str(number))])[0], "done")
        other.conclude(other.intend([intent("b", str(number))])[0], "done")
    one.close()
    other.close()
    assert one.run != other.run
    for journal, host in ((one, "a"), (other, "b")):
        records = kept(tmp_path, journal.run)
        assert len(records) == 40
        assert {each.host for each in records} == {host}
    with open_history(tmp_path) as history:
        assert history.altered() == ""
    assert (tmp_path / FILE).exists()


def test_a_dry_run_must_not_send_anything() -> None:
    """An intent in a dry run is a defect, and said to be one."""
    with pytest.raises(AssertionError, match="dry run"):
        NoJournal().intend([intent("one", "x")])


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    """What a host holds need not be UTF-8: it comes back from the store byte for byte."""
    undo = {"content": "gr\udcfc\udcdfe\n", "\udcff": ["\\udcff", "\udce9"]}
    journal = journal_in(tmp_path)
    journal.intend([intent(undo=undo)])
    journal.tell("task", "one", {}, {"stdout": "\udcff"})
    journal.close()
    first, second = kept(tmp_path, journal.run)
    assert (first.body["undo"], second.body["kept"]) == (undo, {"stdout": "\udcff"})
    with open_history(tmp_path) as history:
        assert history.altered() == ""


def test_who_waits_hears_of_whatever_cannot_be_written(tmp_path: Path) -> None:
    """Also of what is no error of the disk: nobody waits for ever."""
    journal = journal_in(tmp_path)
    with pytest.raises(TaskFailed, match="cannot be written"):
        journal.intend([intent(undo={"effect": object()})])
    journal.close()


def test_a_typed_password_is_in_no_result_that_is_kept(tmp_path: Path) -> None:
    """Nothing could open its seal again; what takes a change back is left as it was, and encrypted."""
    sealer, typed = Sealer([("a_token", "horse-battery")], b"k" * 32, "nonce"), Redactor(["open-sesame"])
    both = Redactor(["open-sesame", "horse-battery"])
    journal = StoreJournal(tmp_path, {}, redactor=both, sealer=sealer, typed=typed)
    result = {"stdout": "open-sesame horse-battery"}
    journal.tell("task", "one", {"message": "open-sesame"}, {"step": [0, 0], "result": result})
    journal.intend([intent(undo={"content": "open-sesame"})])
    journal.close()
    found, change = kept(tmp_path, journal.run)
    assert "open-sesame" not in str(change.body)
    assert Opener([], b"k" * 32, "nonce").open_kept(change.body["undo"]) == {"content": "open-sesame"}
    assert found.body["message"] == "********"
    assert re.fullmatch(r"\*{8} <<secret:a_token:.*>>", found.body["kept"]["result"]["stdout"])


def test_what_a_run_has_read_by_its_first_change_is_kept(tmp_path: Path) -> None:
    """In the place of what was known at its beginning; it is part of the chain, and altered by nobody."""
    read = {"files": ["playbook"]}
    sealer = Sealer([], b"k" * 32, "nonce")
    journal = StoreJournal(tmp_path, {}, lambda: read, redactor=Redactor(()), sealer=sealer)
    read["files"].append("template")
    journal.intend([intent()])
    read["files"].append("later")
    journal.intend([intent()])
    journal.close()
    assert [record.kind for record in kept(tmp_path, journal.run)] == ["content", "intent", "intent"]
    with open_history(tmp_path) as history:
        assert history.content(1) == {"files": ["playbook", "template"]}
        assert history.altered() == ""
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE content SET body = replace(body, 'template', 'other') WHERE run = 1")
    with open_history(tmp_path) as history:
        assert history.altered() == "what run 1 is made of is not as it was written"
