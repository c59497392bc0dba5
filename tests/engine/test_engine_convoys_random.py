"""Changes that go together at random: it is as if each task had sent its own."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from convoys import Line
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import tree
from playbooks_at_random import PLAIN_TREES, TASKS, Found, grow, playbook
from runs import Hosts, Ran, perform

from remediate.errors import ConnectionLost


def alone() -> Any:
    """As long as this holds, no changes go together."""
    return mock.patch("remediate.engine.departing._MOST", 1)


def seen(ran: Ran) -> Any:
    """What people are told of a run, and what its journal says was made."""
    told = [(each.task, each.status, each.diff, each.message, each.result) for each in ran.tasks]
    intents = {number: said for number, (word, said) in enumerate(ran.journal.lines, 1) if word == "intend"}
    ends = dict(said for word, said in ran.journal.lines if word == "conclude")
    made = [(intents[number], end) for number, end in ends.items() if end != "not sent"]
    return told, made, ran.outcomes(), ran.recap.hosts


def ran_in(folder: Path, text: str, files: Mapping[str, Found], **settings: Any) -> tuple[Any, Any]:
    """What a run tells, and what it makes of these files."""
    grow(folder, files)
    ran = perform(folder, text, **settings)
    return seen(ran), tree(folder / "root")


@settings(max_examples=40)
@given(tasks=st.lists(TASKS, min_size=2, max_size=7), files=PLAIN_TREES)
def test_together_is_as_one_by_one(tasks: list[Any], files: Mapping[str, Found]) -> None:
    """Files, results, differences, failures and the journal are the same."""
    text = playbook(tasks)
    folder = Path(tempfile.mkdtemp())
    try:
        together = ran_in(folder, text, files)
        shutil.rmtree(folder)
        folder.mkdir()
        with alone():
            assert together == ran_in(folder, text, files)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=40)
@given(
    tasks=st.lists(TASKS, min_size=2, max_size=7),
    files=PLAIN_TREES,
    at=st.integers(1, 3),
    after=st.booleans(),
)
def test_a_broken_line_changes_nothing_of_it(
    tasks: list[Any], files: Mapping[str, Found], at: int, after: bool
) -> None:
    """Over whichever script the connection breaks: the same comes of it, and what was made is made once."""
    text = playbook(tasks)
    folder = Path(tempfile.mkdtemp())
    try:
        (told, done, ends, _), made = ran_in(folder, text, files)
        shutil.rmtree(folder)
        folder.mkdir()
        host = Line(at=at, error=ConnectionLost("lost"), after=after)
        (again, done_again, ends_again, _), made_again = ran_in(folder, text, files, hosts=Hosts(one=host))
        assert (made, ends) == (made_again, ends_again)
        assert [each[:3] for each in told] == [each[:3] for each in again]
        assert done == [each for each in done_again if each[1] != "ConnectionLost"]
    finally:
        shutil.rmtree(folder)
