"""For any small playbook, host and shell: a plan is what its apply does, and what the host is then."""

from collections.abc import Mapping
from typing import Any

import pytest
from changes import Dry, Wet, is_shown, site
from foreseen import foreseen, wrong
from hypothesis import example, given, settings
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
    may_fail,
    params,
    with_blocks,
    with_keywords,
    without_contradictions,
)

from remediate.answers import Provisional
from remediate.facts.base import Fact

pytestmark = pytest.mark.root

shells = st.sampled_from(list(SHELLS))
CHANGES = changes(ACCESS)
DECLARED = st.one_of(
    AT.map(lambda path: {"command": {"argv": ["cp", "/etc/hostname", path], "changes": [path]}}),
    AT.map(lambda path: {"command": {"argv": ["rm", path], "removes": path, "changes": []}}),
    AT.map(lambda path: {"command": {"argv": ["mkdir", path], "creates": path, "changes": []}}),
    st.just({"shell": {"cmd": "echo x >> {{ root }}/l; exit 3", "changes": ["{{ root }}/l"]}}),
    st.just({"command": {"cmd": "mkdir made", "chdir": "{{ root }}", "changes": ["{{ root }}/made"]}}),
).map(may_fail)
UNDECLARED = params("command", {"argv": AT.map(lambda path: ["touch", path])}, {"creates": AT}).map(may_fail)


@settings(max_examples=10)
@given(
    tasks=st.lists(with_keywords(st.one_of(CHANGES, CHANGES, CHANGES, QUERIES)), min_size=1, max_size=6),
    found=TREES,
    shell=shells,
)
@example(  # noqa: S604 - a name, not a flag
    tasks=[
        {"copy": {"dest": "{{ root }}/a", "content": "one\n"}},
        {"copy": {"dest": "{{ root }}/a", "content": "two\n", "owner": "root"}},
    ],
    found={},
    shell="dash",
)
def test_the_plan_foretells_every_byte(tasks: list[Any], found: Mapping[str, Found], shell: str) -> None:
    """Without a command in it, a plan knows all: each answer, each change, each end; and nothing else is."""
    with site(tasks, found, shell) as here:
        before = tree(here.root)
        after: dict[Fact[Any], Any] = {}
        dry = here.plan(lambda state: after.update(foreseen(state, here.root)))
        assert tree(here.root) == before
        wet = here.apply(dry.planned)
        if dry.certain:
            assert not any(isinstance(answer, Provisional) for answer in after.values())
        if wet.ran.outcomes()["one"] == dry.planned.outcome or dry.certain:
            assert wrong(after) == []
        done = {event.step: event for event in wet.ran.tasks}
        for task in dry.planned.tasks:
            event = done.pop(task.step, None)
            assert event is None or is_shown(event, task), task
            if event is None:
                assert not dry.certain  # what is unknown, such as whose a new file is, may end the run there
            elif task.status != "unknown":
                assert event.status == task.status, task
                # whose a new file is, only the apply will tell, and so whether its owner is to be set
                sure = [each for each in task.effects if "(not known)" not in each.diff]
                assert len(sure) <= len(event.orders) <= len(task.effects), task
        assert not done


def _as_far_as_known(dry: Dry, wet: Wet) -> None:
    planned = {task.step: task for task in dry.planned.tasks}
    for event in wet.ran.tasks:
        task = planned.get(event.step)
        assert is_shown(event, task), event
        if task is not None and task.certainty == "known" and task.status != "unknown":
            assert event.status == task.status or "the plan does not show it" in event.message, event


@settings(max_examples=10)
@given(
    tasks=st.lists(
        with_blocks(with_keywords(st.one_of(CHANGES, CHANGES, DECLARED, UNDECLARED, QUERIES))),
        min_size=1,
        max_size=6,
    ),
    found=TREES,
    shell=shells,
)
def test_with_commands_the_plan_is_honest(tasks: list[Any], found: Mapping[str, Found], shell: str) -> None:
    """What the plan knows is so; what is done is in it; and what comes out otherwise ends the run there."""
    with site(tasks, found, shell) as here:
        after: dict[Fact[Any], Any] = {}
        dry = here.plan(lambda state: after.update(foreseen(state, here.root)))
        wet = here.apply(dry.planned)
        _as_far_as_known(dry, wet)
        if wet.ran.outcomes()["one"] == dry.planned.outcome:
            assert wrong(after) == []
        else:
            assert not dry.certain


@settings(max_examples=10)
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
