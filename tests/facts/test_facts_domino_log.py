"""Console logs in every documented format are read alike."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.bourne import encode
from remediate.errors import TaskFailed
from remediate.facts.base import Follow, Output
from remediate.facts.domino import DominoState, DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.domino_log import (
    date_of,
    parse_server,
    parse_tasks,
    same_directory,
    strip_line,
    strip_lines,
)

LOGS = (Path(__file__).parent / "console_logs.txt").read_text().split("\n== ")[1:]

PREFIXES = ["", "[000191:000015-00007FEDB3E7C700] ", "[1F0C:0002-0E58] "]
DATES = [
    "",
    "10/09/2023 04:39:48 PM  ",
    "09.10.2023 16:39:48   ",
    "2023-10-09 16:39:48  ",
    "10/09/23 4:39 PM  ",
]


def answered(log: str, *, data: str) -> DominoState | Follow[DominoState]:
    """What a first look at this log gives, for the server whose data directory is `data`."""
    console = Console(data=data, program="/opt/lotus", log="/log")
    first = DominoTasks(console=console).parse(Output(status=0, stdout=b"0\n"))
    return first.fact.parse(Output(status=0, stdout=b"0\n" + encode(log)))


def split(sample: str) -> tuple[str, str]:
    """The expectation and the log of a sample."""
    head, _, log = sample.partition("\n")
    return head.partition(": ")[2], log


@pytest.mark.parametrize("sample", LOGS, ids=[sample.partition(":")[0] for sample in LOGS])
def test_answers_are_found_in_every_format(sample: str) -> None:
    """Tasks, data directory and partition are those that are noted; an unfinished answer is waited for."""
    expected, log = split(sample)
    if expected == "unfinished":
        assert isinstance(answered(log.removesuffix("\n"), data="/d"), Follow)
        return
    tasks, directory, partition = expected.split(" | ")
    found = answered(f"{log}\n", data=directory.rstrip("/"))
    assert isinstance(found, DominoState)
    assert list(dict.fromkeys(task.name for task in found.tasks)) == tasks.split(", ")
    assert (found.server.directory, found.server.partition) == (directory, partition)


def test_an_answer_is_whole_only_when_its_last_line_is() -> None:
    """Cut anywhere, a log gives either the whole answer or none yet."""
    _, log = split(LOGS[1])
    whole = answered(log, data="/local/notesdata")
    assert isinstance(whole, DominoState)
    for end in range(len(log)):
        found = answered(log[:end], data="/local/notesdata")
        assert isinstance(found, Follow) or found == whole


def test_answers_in_the_other_order_are_whole_when_the_log_is_quiet() -> None:
    """If the tasks come last, nothing marks their end, so the log must have stayed the same for a while."""
    log = "Server directory: /d\nPartition: p\n  Task    Description\n  Router    Idle\n"
    found = answered(log, data="/d")
    looks = 1
    while isinstance(found, Follow):
        found = found.fact.parse(Output(status=0, stdout=b"0\n" + encode(log)))
        looks += 1
        assert looks < 20
    assert looks > 3
    assert isinstance(found, DominoState)
    assert [task.name for task in found.tasks] == ["Router"]


def test_an_answer_that_grows_is_not_taken_for_whole() -> None:
    """In the other order, each new line starts the wait anew."""
    log = "Server directory: /d\nPartition: p\n  Task    Description\n"
    found = answered(log, data="/d")
    for number in range(20):
        log += f"  Task{number}    Idle\n"
        assert isinstance(found, Follow)
        found = found.fact.parse(Output(status=0, stdout=b"0\n" + encode(log)))
    assert isinstance(found, Follow)


def test_another_partition_is_refused() -> None:
    """If a server with another data directory answers, the task fails and names both."""
    _, log = split(LOGS[1])
    with pytest.raises(TaskFailed, match=r"another Domino partition .* /local/notesdata, not /other"):
        answered(log, data="/other")


def test_silence_is_told_in_the_consoles_words() -> None:
    """What the console said instead of an answer stands in the message."""
    found = answered("one\n\ntwo\n", data="/d")
    assert isinstance(found, Follow)
    found = found.fact.parse(Output(status=0, stdout=b"0\none\n\ntwo\n"))
    assert isinstance(found, Follow)
    assert found.fact.overdue().endswith("the console said: one | two")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("date", DATES)
def test_prefix_and_date_are_taken_off(prefix: str, date: str) -> None:
    """Of a line only its text is left, whatever stands before it, and without what ends it."""
    assert strip_line(f"{prefix}{date}SMDreal: Online update license successful  \r\n") == (
        "SMDreal: Online update license successful"
    )


@pytest.mark.parametrize(
    "line", ["[no prefix] text", "12 apples", "1/2/3", "10/09/2023", "[12:34] text", "(10/09/2023 04:39:48)"]
)
def test_what_only_looks_alike_stays(line: str) -> None:
    """A bracket or a number that is no prefix and no date belongs to the text."""
    assert strip_line(line) == line


@given(text=st.text())
def test_any_log_can_be_read(text: str) -> None:
    """Whatever a log holds, reading it gives lines, tasks and servers, or none, and never an error."""
    lines = strip_lines(text)
    assert len(lines) == text.count("\n")
    parse_tasks(lines)
    parse_server(lines)


@pytest.mark.parametrize(
    ("answered", "same"),
    [("/d", True), ("/d/", True), (" /d ", True), ("/D", False), ("/d/x", False), ("E:\\", False)],
)
def test_directories_are_compared_without_a_last_slash(answered: str, same: bool) -> None:
    """Blanks and a slash at the end do not make another directory; letters do."""
    assert same_directory(answered, "/d") is same


@pytest.mark.parametrize("expected", ["/cygdrive/c/Lotus/Data", "/c/lotus/data/", "C:/Lotus/Data"])
def test_directories_of_windows_have_several_names(expected: str) -> None:
    """A drive is the same by its letter and as the shell there mounts it, and capitals do not count."""
    assert same_directory("C:\\Lotus\\data\\", expected)
    assert not same_directory("D:\\Lotus\\data", expected)
    assert not same_directory("C:\\Lotus\\data2", expected)


@pytest.mark.parametrize(
    ("line", "date_format", "found"),
    [
        ("[12:34-AB] 10/09/2023 04:39:48 PM  x", "%m/%d/%Y %I:%M:%S %p", datetime(2023, 10, 9, 16, 39, 48)),
        ("2023-10-09 16:39:48   x", "%Y-%m-%d %H:%M:%S", datetime(2023, 10, 9, 16, 39, 48)),
        ("09.10.23 x", "%d.%m.%y", datetime(2023, 10, 9)),
        ("13/09/2023 04:39:48 PM  x", "%m/%d/%Y %I:%M:%S %p", None),
        ("  Router    Dispatch: Idle", "%m/%d/%Y %I:%M:%S %p", None),
        ("", "%Y-%m-%d %H:%M:%S", None),
    ],
)
def test_the_date_of_a_line_is_read(line: str, date_format: str, found: datetime | None) -> None:
    """It stands at the beginning, after a thread prefix, and must be of the form that is said."""
    assert date_of(line, date_format) == found
