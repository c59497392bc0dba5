"""The tags of the playbooks that come along: one vocabulary, and no choice leaves out what protects."""

import re
from pathlib import Path

import pytest
from shipped import PLAYBOOKS, README, behind, left_behind, named_by, tasks_of

from remediate.playbook.model import Task
from remediate.playbook.tags import SPECIAL_TAGS, is_selected

each_playbook = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)

_TABLE = README.partition("| tag | step | in |")[2].partition("\n\n")[0]
_ROWS = re.findall(r"^\| (`[^|]+`) \| [^|]+ \| ([^|]+) \|$", _TABLE, re.M)
VOCABULARY = {
    tag: "" if where == "all" else where for tags, where in _ROWS for tag in re.findall(r"`([a-z-]+)`", tags)
}
"""The tags of the README's table, and the playbooks in which they are; empty for all of them."""

ONLY_ASKS = "recheck"
"""Its tags choose among assertions, as it has no steps."""


def tags_of(playbook: Path) -> set[str]:
    """What an operator may choose in a playbook."""
    return {tag for _, task in tasks_of(playbook) for tag in task.tags} - SPECIAL_TAGS


def steps_of(task: Task) -> frozenset[str]:
    """The tags of a task that can be chosen."""
    return task.tags - SPECIAL_TAGS


def test_the_table_has_each_tag_with_its_playbooks() -> None:
    """What an operator reads in the README is what there is; site.yaml has what its playbooks have."""
    used: dict[str, set[str]] = {}
    for playbook in PLAYBOOKS:
        for tag in tags_of(playbook):
            used.setdefault(tag, set()).add(playbook.stem)
    everywhere = {playbook.stem for playbook in PLAYBOOKS} - {"site"}
    written = {tag: set(where.split(", ")) if where else everywhere for tag, where in VOCABULARY.items()}
    assert written == {tag: where - {"site"} for tag, where in used.items()}


@each_playbook
def test_a_task_that_is_not_always_done_belongs_to_a_step(playbook: Path) -> None:
    """Each change has a word by which it can be chosen; what has none is asked whatever is chosen."""
    lost = [task.name for _, task in tasks_of(playbook) if not task.tags or task.tags == {"never"}]
    assert lost == []


@each_playbook
def test_what_protects_or_proves_is_always_done(playbook: Path) -> None:
    """No assertion is left out by choosing a step, but for those about what only a step itself finds out."""
    if playbook.stem == ONLY_ASKS:
        return
    found_by_steps = {
        name for _, task in tasks_of(playbook) if "always" not in task.tags for name in left_behind(task)
    }
    for play, task in tasks_of(playbook):
        if task.module == "assert" and "always" not in task.tags:
            assert behind(named_by(task), {**play.variables, **task.variables}) & found_by_steps, task.name


@each_playbook
def test_no_step_needs_what_another_one_finds_out(playbook: Path) -> None:
    """Whatever is chosen, each variable that a task names has been set before, or has a default there."""
    makers: dict[str, list[frozenset[str]]] = {}
    for _, task in tasks_of(playbook):
        for name in left_behind(task):
            makers.setdefault(name, []).append(task.tags)
    for play, task in tasks_of(playbook):
        for name in behind(named_by(task), {**play.variables, **task.variables}) & makers.keys():
            for step in ["verify"] if "always" in task.tags else steps_of(task):
                made = any(is_selected(tags, [step], []) for tags in makers[name])
                assert made or _has_default(name, task, play.variables), (task.name, name, step)


def _has_default(name: str, task: Task, variables: object) -> bool:
    return (
        re.search(rf"\b{name}\b[\w.]*( \| default\(| is (not )?defined)", f"{task!r} {variables!r}")
        is not None
    )
