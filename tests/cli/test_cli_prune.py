"""`remediate history prune` and `backup`: what is old goes, what is needed stays, nothing is lost unseen."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from change_desk import Desk
from fleet_examples import finding, keep_recheck
from journals import intent, journal_in
from own_hosts import OwnHosts
from tellings import Told, told

from remediate.errors import NotSent
from remediate.notify.message import Message
from remediate.plan_key import KEY_FILE
from remediate.store import writer
from remediate.store.database import FILE
from remediate.store.findings import Finding, open_findings
from remediate.store.history import open_history

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: change
  hosts: all
  tasks:
    - copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "{{ text }}\\n"}
    - shell: awk 'BEGIN { for (i = 0; i < 9000; i++) print i }'
"""


class Clock:
    """Says when runs write: as many days ago as `days`."""

    days = 0

    def now(self, zone: object) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The store's clock."""
    made = Clock()
    monkeypatch.setattr(writer, "datetime", made)
    return made


@pytest.fixture
def state(folder: Path, remediate: Command, hosts: OwnHosts, clock: Clock) -> Path:
    """Two old runs, an old one that was cut off, and one of today."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    for number, days in enumerate((200, 100, 95, 0), 1):
        clock.days = days
        words = ("-e", f"root={folder}/root", "-e", f"text={number}", "-i", "one,")
        assert remediate("run", "p.yaml", *words)[0] == 0
    directory = folder / "state" / "remediate"
    with sqlite3.connect(directory / FILE) as database:
        database.execute(
            "UPDATE record SET body = replace(body, '\"stopped\":false', '\"stopped\":true')"
            " WHERE run = 3 AND kind = 'ended'"
        )
    return directory


@pytest.fixture
def old(folder: Path, clock: Clock) -> Path:
    """The same without hosts: two old runs, an old one that was cut off, and one of today."""
    for number, days in enumerate((200, 100, 95, 0), 1):
        clock.days = days
        journal = journal_in(folder / "state" / "remediate")
        journal.conclude(journal.intend([intent()])[0], "done")
        if number != 3:
            journal.tell("ended", "", {"dry_run": False, "interrupted": False, "hosts": {}})
        journal.close()
    return folder / "state" / "remediate"


def numbers(state: Path) -> list[int]:
    """The runs that there are."""
    with open_history(state) as history:
        return [run.number for run in history.runs()]


def test_what_would_go_is_told_first(state: Path, remediate: Command) -> None:
    """Each run with what cannot be taken back any more; what stays, and why; the sizes. Nothing changes."""
    before = numbers(state)
    code, out, _ = remediate("history", "prune", "--keep", "90d", "--check")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("1  ")
    assert lines[0].endswith("  p.yaml  1 host: 1 changed")
    assert lines[1] == "    its one change cannot be taken back any more then"
    assert lines[4].startswith("run 3 stays: it is unfinished: 'remediate resume 3' goes on with it")
    assert lines[5].startswith("would prune 2 runs: ")
    assert lines[5].endswith(" kB then")
    assert numbers(state) == before


def test_old_runs_go_and_the_file_becomes_smaller(state: Path, remediate: Command) -> None:
    """They are not taken for tampering, who did it is in the history, and later runs follow as ever."""
    with sqlite3.connect(state / FILE) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (state / FILE).stat().st_size
    code, out, _ = remediate("history", "prune", "--keep", "12w", "--unfinished", "3")
    assert code == 0
    assert out.splitlines()[-1].startswith("pruned 3 runs: ")
    assert (state / FILE).stat().st_size < before / 2
    assert numbers(state) == [4, 5]
    assert remediate("history", "verify")[1].startswith("whole: 2 runs are as they were written; the last")
    assert "pruned: runs 1, 2, 3 (keeping 12w)\n" in remediate("history")[1]
    assert remediate("history", "prune", "--keep", "0h")[0] == 0
    assert numbers(state) == [5, 6]
    assert remediate("history", "verify")[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM run WHERE number = 3",
        "UPDATE run SET head = replace(head, '\"1\"', '\"7\"') WHERE number = 5",
        "DELETE FROM run WHERE number = 5",
        "UPDATE record SET body = '{}' WHERE run = 5",
    ],
)
def test_tampering_does_not_pass_for_pruning(old: Path, remediate: Command, change: str) -> None:
    """What is missing was pruned only if a sealed run says so."""
    assert remediate("history", "prune", "--keep", "99d")[0] == 0
    assert numbers(old) == [3, 4, 5]
    assert remediate("history", "verify")[0] == 0
    with sqlite3.connect(old / FILE) as database:
        database.execute(change)
    assert remediate("history", "verify")[1].startswith("ALTERED: ")


def test_a_run_that_takes_back_what_stays_stays(state: Path, remediate: Command, clock: Clock) -> None:
    """Else what it has taken back would look as if it were there still."""
    clock.days = 94
    assert remediate("undo", "4")[0] == 0
    out = remediate("history", "prune", "--keep", "90d")[1]
    assert "run 5 stays: it takes back run 4, which is kept\n" in out
    assert numbers(state) == [3, 4, 5, 6]
    assert "nothing of run 4 to take back here" in remediate("undo", "4")[2]
    lines = remediate("history", "prune", "--keep", "0h", "--check")[1].splitlines()
    (four,) = [number for number, line in enumerate(lines) if line.startswith("4 ")]
    assert lines[four + 1].startswith("5 ")  # nothing is lost with it


BAD = {host: [finding(host, f"check {n}", "critical") for n in range(3)] for host in ("one", "two")}
HEAD = {"recheck": "nightly", "began": "2026-03-01T06:00:00+00:00"}
GOOD = {host: [finding(host, f"check {n}") for n in range(3)] for host in ("one", "two")}


def look(folder: Path, *findings: Finding) -> dict[str, int]:
    """How many findings of a re-check are new, still so and fixed."""
    store = folder / "state" / "remediate"
    run = keep_recheck(store, datetime.now(UTC).isoformat(), findings)
    with open_findings(store) as kept:
        return dict(Counter(each.change for each in kept.found(run)))


def test_a_recheck_that_was_cut_off_does_not_stand_for_a_finished_one(
    folder: Path, remediate: Command
) -> None:
    """It is it that goes, and what was found before is still so."""
    assert look(folder, *BAD["one"]) == {"new": 3}
    journal_in(folder / "state" / "remediate", head=HEAD).close()
    out = remediate("history", "prune", "--keep", "0h")[1]
    assert "run 1 stays: the next re-check of its name is compared with it\n" in out
    assert numbers(folder / "state" / "remediate") == [1, 3]
    assert look(folder, *BAD["one"]) == {"still": 3}


@pytest.mark.parametrize(
    ("then", "change"), [(BAD, {"still": 6}), (GOOD, {"fixed": 6})], ids=["still", "fixed"]
)
def test_every_recheck_with_a_last_finding_stays(
    folder: Path, remediate: Command, then: dict[str, list[Finding]], change: dict[str, int]
) -> None:
    """One that looked at a few hosts, or a few checks, leaves the rest to older ones; what has none goes."""
    look(folder, *BAD["one"], *BAD["two"])
    look(folder, BAD["one"][0])
    look(folder, *BAD["one"])
    assert remediate("history", "prune", "--keep", "0h")[0] == 0
    assert numbers(folder / "state" / "remediate") == [1, 3, 4]
    assert look(folder, *then["one"], *then["two"]) == change


def test_a_recheck_under_way_does_not_cost_the_last_finished_one(folder: Path, remediate: Command) -> None:
    """Pruning is refused as long as what would go is at work."""
    look(folder, *BAD["one"])
    state = folder / "state" / "remediate"
    text = "import sys; from pathlib import Path; from tests.journals import journal_in\n"
    text += f"journal = journal_in(Path(sys.argv[1]), head={HEAD})\n"
    text += "print(journal.run, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", text, str(state)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"2\n"
        code, _, err = remediate("history", "prune", "--keep", "0h")
        other.communicate()
    assert (code, err) == (1, "remediate: run 2 is still under way (wait for its end, or end it)\n")
    assert look(folder, *BAD["one"]) == {"still": 3}


def test_what_was_not_sent_is_not_pruned_without_a_word(folder: Path, remediate: Command) -> None:
    """Of a run that goes, it is told which channels never hear of it."""
    state, ops = folder / "state" / "remediate", Told("ops", NotSent("refused"), NotSent("refused"))
    message = Message(subject="one", text="text\n", document={})
    told(state, message, [ops, Told("boss")], finding("one", "a", "critical"))
    told(state, message, [ops], finding("one", "a", "critical"))
    lines = remediate("history", "prune", "--keep", "0h", "--check")[1].splitlines()
    assert lines[1] == "    channel 'ops' was not told of it, and never will be then"
    assert lines[2].startswith("run 2 stays: ")


def test_a_plan_of_a_pruned_run_is_not_applied_again(desk: Desk, clock: Clock) -> None:
    """That it was applied outlives the run; the proof says so as well."""
    desk.plan("one,")
    clock.days = 100
    assert desk.apply()[0] == 0
    assert desk("history", "prune", "--keep", "90d")[0] == 0
    assert "this plan was applied already, by run 1" in desk.apply()[2]
    assert desk("history", "verify")[0] == 0
    with sqlite3.connect(desk.folder / "state" / "remediate" / FILE) as database:
        database.execute("DELETE FROM applied")
    assert desk("history", "verify")[0] == 2


def test_a_run_under_way_is_not_pruned(old: Path, remediate: Command) -> None:
    """Whatever its age: another process holds it."""
    text = "import sys; from pathlib import Path; from remediate.store.alive import Alive\n"
    text += "print(Alive(Path(sys.argv[1])).hold(1), flush=True); sys.stdin.read()"
    line = [sys.executable, "-c", text, str(old)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        code, _, err = remediate("history", "prune", "--keep", "90d")
        other.communicate()
    assert (code, err) == (1, "remediate: run 1 is still under way (wait for its end, or end it)\n")
    assert numbers(old) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--keep", "soon"), "--keep 'soon' is no age (such as 90d, 12w or 36h)"),
        (("--keep", "90d", "--unfinished", "4"), "run 4 is no unfinished one that is older than --keep says"),
        (("--keep", "90d", "--unfinished", "9"), "run 9 is no unfinished one"),
        ((), "Missing option '--keep'"),
    ],
)
def test_what_cannot_be_pruned(old: Path, remediate: Command, words: tuple[str, ...], says: str) -> None:
    """One line, exit code 1, nothing pruned."""
    code, _, err = remediate("history", "prune", *words)
    assert code == 1
    assert says in err
    assert numbers(old) == [1, 2, 3, 4]


def test_nothing_to_prune(old: Path, remediate: Command) -> None:
    """Is no mistake, and no run of its own."""
    code, out, _ = remediate("history", "prune", "--keep", "300d")
    assert code == 0
    assert out.startswith("nothing to prune: ")
    assert numbers(old) == [1, 2, 3, 4]


def test_a_backup_is_whole_while_a_run_writes(folder: Path, remediate: Command) -> None:
    """One private file, which is a history like any other beside the key; it is never written over."""
    text = (
        "import sys; from pathlib import Path; from tests.journals import intent, journal_in\n"
        "journal = journal_in(Path(sys.argv[1]))\n"
        "while True: print(journal.intend([intent()])[0], flush=True)"
    )
    line = [sys.executable, "-c", text, str(folder / "state")]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(line, cwd=root, stdout=subprocess.PIPE) as writing:
        assert writing.stdout is not None
        for _ in range(20):
            writing.stdout.readline()
        code, out, err = remediate("history", "--state-dir", "state", "backup", "copy.db")
        writing.kill()
        writing.communicate()
    assert code == 0, err
    assert out.startswith("the history is copied to copy.db; keep ")
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600
    assert [file.name for file in folder.glob("copy.db*")] == ["copy.db"]
    (folder / "other").mkdir()
    (folder / "copy.db").rename(folder / "other" / FILE)
    os.link(folder / "state" / KEY_FILE, folder / "other" / KEY_FILE)
    assert remediate("history", "--state-dir", "other", "verify")[1].startswith("whole: 1 run is ")
    records = json.loads(remediate("history", "--state-dir", "other", "show", "1", "--json")[1])
    assert len(records) >= 20


@pytest.mark.parametrize("copy", ["there", "nowhere/copy", "."])
def test_a_backup_that_cannot_be_written(old: Path, folder: Path, remediate: Command, copy: str) -> None:
    """What is there is not written over; one line, exit code 1."""
    (folder / "there").write_text("mine")
    code, _, err = remediate("history", "backup", copy)
    assert code == 1
    assert "(name a new file that you may write)" in err
    assert (folder / "there").read_text() == "mine"


def test_a_damaged_store_is_not_backed_up(old: Path, folder: Path, remediate: Command) -> None:
    """Nobody takes a copy of what is damaged for a backup."""
    with sqlite3.connect(old / FILE) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (old / FILE).open("r+b") as file:
        file.seek((old / FILE).stat().st_size // 8192 * 4096)
        file.write(b"\xa5" * 8192)
    code, _, err = remediate("history", "backup", "copy")
    assert code == 1
    assert "it is damaged: put a backup in its place" in err
    assert not (folder / "copy").exists()
