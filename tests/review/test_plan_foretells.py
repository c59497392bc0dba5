"""For any small playbook, host and shell: a plan is what its apply does, and what the host is then."""

from collections.abc import Mapping
from typing import Any

import pytest
from changes import Dry, Wet, is_shown, site
from foreseen import foreseen, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS, tree
from playbooks_at_random import (
    ACCESS,
    AT,
    CONVERGENT,
    QUERIES,
    TREES,
    Found,
    changes,
    params,
    with_blocks,
    with_keywords,
    without_contradictions,
)

from remediate.answers import Provisional

pytestmark = pytest.mark.root

shells = st.sampled_from(list(SHELLS))
CHANGES = changes(ACCESS)
DECLARED = st.one_of(
    AT.map(lambda path: {"command": {"cmd": f"cp /etc/hostname {path}", "changes": [path]}}),
    AT.map(lambda path: {"shell": {"cmd": f"echo x >> {path}; exit 3", "changes": [path]}}),
    st.just({"command": {"cmd": "mkdir made", "chdir": "{{ root }}", "changes": ["{{ root }}/made"]}}),
).map(lambda task: {**task, "failed_when": False})
UNDECLARED = params("command", {"cmd": AT.map("touch {}".format)}, {"creates": AT})


@settings(derandomize=True, max_examples=10, deadline=None)
@given(
    tasks=st.lists(with_keywords(st.one_of(CHANGES, CHANGES, CHANGES, QUERIES)), min_size=1, max_size=6),
    found=TREES,
    shell=shells,
)
def test_the_plan_foretells_every_byte(tasks: list[Any], found: Mapping[str, Found], shell: str) -> None:
    """Without a command in it, a plan knows all: each answer, each change, each end; and nothing else is."""
    with site(tasks, found, shell) as here:
        before = tree(here.root)
        dry = here.plan()
        after = foreseen(dry.state, here.root)
        assert tree(here.root) == before
        wet = here.apply(dry.planned)
        assert not any(isinstance(answer, Provisional) for answer in after.values())
        assert wrong(after) == []
        assert [(each.step, each.status) for each in wet.ran.tasks] == [
            (each.step, each.status) for each in dry.planned.tasks
        ]
        for event, task in zip(wet.ran.tasks, dry.planned.tasks, strict=True):
            assert len(event.orders) == len(task.effects)
            assert is_shown(event, task), event.task


def _as_far_as_known(dry: Dry, wet: Wet) -> None:
    planned = {task.step: task for task in dry.planned.tasks}
    for event in wet.ran.tasks:
        task = planned.get(event.step)
        assert is_shown(event, task), event
        if task is not None and task.certainty == "known" and task.status != "unknown":
            assert event.status == task.status or "the plan does not show it" in event.message, event


def without_links(found: Mapping[str, Found]) -> Mapping[str, Found]:
    """A tree in which no file has two names: what a command does to one, nobody foretells of the other."""
    return {name: each for name, each in found.items() if each.target is None}


@settings(derandomize=True, max_examples=10, deadline=None)
@given(
    tasks=st.lists(
        with_blocks(with_keywords(st.one_of(CHANGES, CHANGES, DECLARED, UNDECLARED, QUERIES))),
        min_size=1,
        max_size=6,
    ),
    found=TREES.map(without_links),
    shell=shells,
)
def test_with_commands_the_plan_is_honest(tasks: list[Any], found: Mapping[str, Found], shell: str) -> None:
    """What the plan knows is so; what is done is in it; and what comes out otherwise ends the run there."""
    with site(tasks, found, shell) as here:
        dry = here.plan()
        after = foreseen(dry.state, here.root)
        wet = here.apply(dry.planned)
        _as_far_as_known(dry, wet)
        if wet.ran.outcomes()["one"] == dry.planned.outcome:
            assert wrong(after) == []
        else:
            assert not dry.certain


@settings(derandomize=True, max_examples=10, deadline=None)
@given(
    tasks=st.lists(CONVERGENT, min_size=1, max_size=5, unique_by=repr).map(without_contradictions),
    found=TREES,
    shell=shells,
)
def test_a_second_plan_is_empty(tasks: list[Any], found: Mapping[str, Found], shell: str) -> None:
    """What has been carried out under its plan needs no other."""
    with site(tasks, found, shell) as here:
        first = here.plan().planned
        here.apply(first)
        second = here.plan().planned
        assert [effect for task in second.tasks for effect in task.effects] == []
        assert second.outcome == first.outcome
