"""The journal: on the disk before a change is sent, for nobody else to read, and without secrets."""

import json
import os
import stat
from pathlib import Path

import pytest

from remediate.errors import TaskFailed, UsageError
from remediate.secrecy import Redactor
from remediate.store.journal import FileJournal, NoJournal


def lines(journal: FileJournal) -> list[dict[str, object]]:
    """What is in the file."""
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


def test_an_intent_is_on_the_disk_before_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`intend` comes back only after fsync of what it wrote; the outcome refers to its number."""
    journal = FileJournal(tmp_path / "deep" / "journal", Redactor([]))
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _fd: forced.append(len(lines(journal))))
    first = journal.intend("one", "a task", "write /etc/motd")
    second = journal.intend("two", "a task", "write /etc/motd")
    journal.conclude(first, "done")
    journal.close()
    assert forced == [1, 2]
    found = lines(journal)
    assert [each["intent"] for each in found] == [first, second, first]
    assert (found[0]["host"], found[0]["change"], found[2]["outcome"]) == ("one", "write /etc/motd", "done")
    assert all("time" in each for each in found)


def test_only_the_user_may_read_it_and_it_holds_no_secret(tmp_path: Path) -> None:
    """The file is private, and secrets are masked in it."""
    journal = FileJournal(tmp_path / "journal", Redactor(["pa'ss\"word"]))
    journal.intend("one", "t", "run login pa'ss\"word")
    journal.close()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert lines(journal)[0]["change"] == "run login ********"


def test_an_empty_journal_is_removed(tmp_path: Path) -> None:
    """A run that changed nothing leaves no file."""
    journal = FileJournal(tmp_path, Redactor([]))
    assert journal.path.exists()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the directory and the option that mends it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"journal cannot be written.*file.*--state-dir"):
        FileJournal(tmp_path / "file" / "journal", Redactor([]))


def test_a_full_disk_fails_the_task_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be journalled is a failure with a cure, raised before anything is sent."""

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    journal = FileJournal(tmp_path, Redactor([]))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TaskFailed, match=r"not done.*No space left on device.*--state-dir"):
        journal.intend("one", "t", "x")
    journal.close()


def test_a_dry_run_must_not_send_anything() -> None:
    """An intent in a dry run is a defect, and said to be one."""
    with pytest.raises(AssertionError, match="dry run"):
        NoJournal().intend("one", "t", "x")
