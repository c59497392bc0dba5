"""For any small playbook: a dry run changes nothing, foretells the apply, and the second apply is quiet."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import tree
from playbooks_at_random import (
    CONVERGENT,
    PLAIN_TREES,
    TASKS,
    Found,
    grow,
    playbook,
    without_contradictions,
)
from runs import Ran, perform

from remediate.engine.events import TaskEnded


def by_name(ran: Ran) -> dict[str, TaskEnded]:
    """The events by task."""
    return {event.task: event for event in ran.tasks}


@settings(max_examples=35)
@given(tasks=st.lists(TASKS, min_size=1, max_size=6), files=PLAIN_TREES)
def test_a_dry_run_foretells_the_apply_and_changes_nothing(
    tasks: list[Any], files: Mapping[str, Found]
) -> None:
    """The tree stays bytewise the same, and up to the first doubt the apply does what was foretold."""
    folder = Path(tempfile.mkdtemp())
    try:
        grow(folder, files)
        text = playbook(tasks)
        before = tree(folder / "root")
        plan = by_name(perform(folder, text, dry_run=True))
        assert tree(folder / "root") == before
        done = by_name(perform(folder, text))
        for name, event in done.items():
            if name not in plan:
                # only what the plan did not surely foresee may have brought the host here
                assert any(each.certainty != "known" for each in plan.values())
                continue
            foretold = plan[name]
            if foretold.certainty != "known":
                continue
            if foretold.effects and "run" in {each.split()[0] for each in foretold.effects}:
                continue  # whether a command fails only the apply tells
            assert (event.status, event.diff) == (foretold.status, foretold.diff), name
    finally:
        shutil.rmtree(folder)


@settings(max_examples=15)
@given(tasks=st.lists(CONVERGENT, min_size=1, max_size=5, unique_by=repr), files=PLAIN_TREES)
def test_a_second_run_changes_nothing(tasks: list[Any], files: Mapping[str, Found]) -> None:
    """Tasks that do not contradict each other are done once: then apply and dry run find nothing to do."""
    folder = Path(tempfile.mkdtemp())
    try:
        grow(folder, files)
        text = playbook(without_contradictions(tasks))
        first = perform(folder, text)
        if first.counts().failed:
            return
        after = tree(folder / "root")
        assert perform(folder, text, dry_run=True).counts().changed == 0
        assert perform(folder, text).counts().changed == 0
        assert tree(folder / "root") == after
    finally:
        shutil.rmtree(folder)
