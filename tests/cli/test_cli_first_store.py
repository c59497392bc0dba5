"""A store of the first version, whose records tell less: all that reads the history reads it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from remediate.reports.fleet_tasks import tasks_of
from remediate.store.chain import BEGINNING, link
from remediate.store.database import _MIGRATIONS, FILE
from remediate.store.history import open_history

Command = Callable[..., tuple[int, str, str]]

BEGAN = "2026-01-01T06:00:00+00:00"
HEAD = {
    "began": BEGAN, "user": "ann", "machine": "desk", "version": "0.1.0", "playbooks": ["site.yaml"],
    "inventories": ["hosts.yaml"], "limit": None, "tags": [], "skip_tags": [],
}  # fmt: skip
TASK = {
    "event": "task", "host": "one", "play": "a play", "task": "write", "place": "site.yaml:4",
    "module": "copy", "status": "changed", "certainty": "sure", "diff": "+red\n", "effects": ["write /motd"],
    "seconds": 0.1, "attempts": 1, "message": "", "ignored": False, "rescued": False,
}  # fmt: skip
COUNTS = dict.fromkeys(("ok", "failed", "skipped", "unreachable", "unknown", "ignored", "rescued"), 0)
RECAP = {
    "event": "recap", "dry_run": False, "interrupted": False, "seconds": 1.5,
    "hosts": {"one": {**COUNTS, "changed": 1, "stopped": False}},
}  # fmt: skip
DONE = [
    ("intent", "one", {"task": "write", "change": "write /motd"}),
    ("outcome", "one", {"intent": 1, "outcome": "done"}),
    ("task", "one", TASK),
]
CUT_OFF = [
    *DONE,
    ("intent", "two", {"task": "write", "change": "write /motd"}),
    ("intent", "one", {"task": "restart", "change": "run rcdomino restart"}),
]


def first_store(directory: Path) -> None:
    """Two runs as the first version wrote them: one came to its end, one was cut off amid two changes."""
    directory.mkdir()
    with closing(sqlite3.connect(directory / FILE)) as database, database:
        database.executescript(_MIGRATIONS[0])
        database.execute("PRAGMA user_version = 1")
        before = BEGINNING
        for number, records in enumerate(([*DONE, ("ended", "", RECAP)], CUT_OFF), 1):
            head = spelled(HEAD)
            begun = last = link(before, head)
            database.execute("INSERT INTO run VALUES (?, ?, ?, ?)", (number, head, before, begun))
            before = begun
            for seq, (kind, host, told) in enumerate(records, 1):
                body = spelled(told)
                last = link(last, str(seq), BEGAN, kind, host, body)
                row = (number, seq, BEGAN, kind, host, body, last)
                database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def spelled(value: object) -> str:
    """As the store writes it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.fixture
def state(folder: Path) -> Path:
    """Such a store."""
    first_store(folder / "kept")
    return folder / "kept"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("history",), "2  2026-01-01T06:00:00+00:00  ann@desk  site.yaml  cut off\n"),
        (("history", "--json"), '"under_way": false'),
        (("history", "show", "1"), "one  changed  write\n"),
        (("history", "show", "2"), "two  NOT KNOWN whether it was done: write /motd (task write)\n"),
        (("history", "show", "2", "one"), "NOT KNOWN whether it was done: run rcdomino restart"),
        (("history", "show", "2", "--json"), '"kind": "intent"'),
        (("history", "verify"), "whole: 2 runs"),
        (("history", "prune", "--keep", "1d", "-C"), "would prune 1 run"),
        (("report", "1"), "one"),
        (("report", "--last"), "NOT KNOWN whether it was done: run rcdomino restart"),
        (("report", "--since", "900w"), "# Since "),
        *(
            (("report", "--last", f"--{form}", "-"), "restart")
            for form in ("html", "json", "csv", "junit", "prometheus")
        ),
    ],
)
def test_what_reads_the_history_reads_it(
    state: Path, remediate: Command, words: tuple[str, ...], said: str
) -> None:
    """What was done is told, and what nobody knows."""
    group = ("history", "--state-dir", "kept", *words[1:]) if words[0] == "history" else None
    code, out, err = remediate(*(group or (*words, "--state-dir", "kept")))
    assert (code, err) == (0, "")
    assert said in out


@pytest.mark.parametrize("command", ["undo", "resume"])
def test_its_runs_are_over(state: Path, remediate: Command, command: str) -> None:
    """What they were made of was not kept: that is said."""
    code, _, err = remediate(command, "2", "--state-dir", "kept")
    assert (code, "what it was made of is not kept" in err) == (1, True)


def test_a_task_has_one_column(state: Path) -> None:
    """Also if on one host it ended, and of another one nobody knows."""
    with open_history(state) as history:
        tasks = tasks_of(2, history.records(2))
    states: dict[str, Any] = {host: [each.state for each in cells] for host, cells in tasks.cells.items()}
    assert list(tasks.columns) == ["write", "restart"]
    assert states == {"one": ["changed", "unknown"], "two": ["unknown", "none"]}
