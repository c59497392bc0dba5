"""The events file: JSON lines, one object a host and task, the last one a recap."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import Hosts, TestHost, down, perform, play

from remediate.errors import UsageError
from remediate.reports.events_file import EventsFile
from remediate.secrecy import Redactor

FIELDS = {
    "event",
    "host",
    "play",
    "task",
    "place",
    "module",
    "status",
    "certainty",
    "diff",
    "effects",
    "seconds",
    "attempts",
    "message",
    "ignored",
    "rescued",
}
TASKS = """
- {name: change, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "hunter22\\n"}}
- {name: odd, command: {cmd: "printf '\\\\377\\\\033[31m'", read_only: true}, register: r}
- {name: show, debug: {msg: "{{ r.stdout }}"}}
- {name: skipped, debug: {msg: x}, when: false}
- {name: bad, fail: {msg: "no hunter22"}, when: inventory_hostname == 'two'}
"""


@pytest.fixture
def written(tmp_path: Path) -> list[dict[str, Any]]:
    """The objects of a run on three hosts, one of them down and one failing."""
    file = EventsFile(tmp_path / "events", Redactor(["hunter22"]))
    hosts = Hosts(three=TestHost("three", before=down))
    perform(
        tmp_path, play(TASKS), inventory="one,two,three,", hosts=hosts, watch=lambda _run, event: file(event)
    )
    return [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]


def test_there_is_one_object_for_each_host_and_task_and_a_recap(written: list[dict[str, Any]]) -> None:
    """No pair comes twice; the last object is the recap with the counts of every host."""
    tasks, recap = written[:-1], written[-1]
    assert set(Counter((each["host"], each["task"]) for each in tasks).values()) == {1}
    assert all(set(each) == FIELDS and each["event"] == "task" for each in tasks)
    assert {(each["host"], each["task"]) for each in tasks} >= {
        ("one", "skipped"),
        ("two", "bad"),
        ("three", "change"),
    }
    assert recap["event"] == "recap"
    assert set(recap) == {"event", "dry_run", "interrupted", "seconds", "hosts"}
    assert {name: counts["failed"] for name, counts in recap["hosts"].items()} == {
        "one": 0,
        "two": 1,
        "three": 0,
    }
    assert recap["hosts"]["three"]["unreachable"] == 1


def test_the_objects_say_what_and_where(written: list[dict[str, Any]]) -> None:
    """file:line, module, diff and effects of a change; certainty and status in the documented words."""
    change = next(each for each in written if each.get("task") == "change" and each["host"] == "one")
    assert change["place"].endswith("playbook.yaml:4")
    assert (change["module"], change["status"], change["certainty"]) == ("copy", "changed", "known")
    assert change["effects"][0].startswith("create /")
    assert change["diff"].endswith("+********\n")


def test_no_secret_and_no_broken_text_is_written(written: list[dict[str, Any]]) -> None:
    """Secrets are masked before JSON escapes them; bytes that are no UTF-8 do not break a line."""
    assert "hunter22" not in json.dumps(written)
    show = next(each for each in written if each.get("task") == "show")
    assert show["message"] == "\N{REPLACEMENT CHARACTER}\x1b[31m"


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """A directory in its place: the option and the path are named."""
    with pytest.raises(UsageError, match=r"--events .*Is a directory"):
        EventsFile(tmp_path, Redactor([]))
