"""What comes out otherwise than its plan shows ends its host's run at that task, whatever the task says."""

from pathlib import Path
from typing import Any

import pytest
from changes import Site
from playbooks_at_random import grow, playbook

OPAQUE = {"shell": {"cmd": "echo other > {{ root }}/a"}}
EDIT = {"lineinfile": {"path": "{{ root }}/a", "line": "two"}}
AFTER = {"copy": {"dest": "{{ root }}/b", "content": "after"}}
KEYWORDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ignored": {"ignore_errors": True},
    "no failure": {"failed_when": False},
    "no change": {"changed_when": False},
    "a loop": {"loop": [1, 2]},
    "attempts": {"retries": 3, "delay": 0},
}


@pytest.mark.parametrize("name", KEYWORDS)
@pytest.mark.parametrize("saved", [False, True], ids=["alone", "in a block"])
def test_a_provisional_change_that_comes_out_otherwise(name: str, saved: bool, tmp_path: Path) -> None:
    """It is not made, the run ends there as a failure, and nothing of the play comes after it."""
    edit = {**EDIT, **KEYWORDS[name]}
    task = {"block": [edit], "rescue": [AFTER], "always": [AFTER]} if saved else edit
    grow(tmp_path, {})
    (tmp_path / "root" / "a").write_text("one\n")
    here = Site(folder=tmp_path, text=playbook([OPAQUE, task, AFTER]))
    dry = here.plan()
    assert dry.planned.tasks[1].certainty != "known"
    ran = here.apply(dry.planned).ran
    assert (tmp_path / "root" / "a").read_text() == "other\n"
    assert not (tmp_path / "root" / "b").exists()
    assert ran.outcomes() == {"one": "failed"}
    assert (ran.tasks[-1].step, ran.tasks[-1].status, ran.tasks[-1].ignored) == ((0, 1), "failed", False)
    assert "the plan does not show it: write" in ran.tasks[-1].message
    assert ran.counts().failed == 1


def test_what_failed_as_things_are_does_what_was_decided_or_nothing(tmp_path: Path) -> None:
    """A task that a dry run only doubts, for what it waits for has not come, is held to what it showed."""
    waits = {"until": "'two' in lookup('file', '{{ root }}/none', errors='ignore') | default('', true)"}
    for before, edit in (("two\n", {**EDIT, **waits}), ("one\n", {**EDIT, **waits})):
        grow(tmp_path, {})
        (tmp_path / "root" / "a").write_text(before)
        here = Site(folder=tmp_path, text=playbook([OPAQUE, {**edit, "retries": 1, "delay": 0}, AFTER]))
        dry = here.plan()
        assert dry.planned.tasks[1].status == "unknown"
        assert len(dry.planned.tasks[1].effects) == int(before == "one\n")
        ran = here.apply(dry.planned).ran
        assert (tmp_path / "root" / "a").read_text() == "other\n"
        assert "the plan does not show it: write" in ran.tasks[-1].message
        assert not (tmp_path / "root" / "b").exists()


def test_in_a_loop_only_what_could_not_be_decided_may_do_anything(tmp_path: Path) -> None:
    """An item that waits for a command's output does what it needs, beside those that do what is shown."""
    grow(tmp_path, {})
    tasks = [
        {"shell": {"cmd": "echo c", "changes": []}, "register": "told"},
        {
            "copy": {"dest": "{{ root }}/{{ told.stdout if item == 2 else item }}", "content": "new"},
            "loop": ["a", 2, "b"],
        },
    ]
    here = Site(folder=tmp_path, text=playbook(tasks))
    dry = here.plan()
    assert dry.planned.tasks[1].status == "unknown"
    assert dry.planned.tasks[1].undecided == (1,)
    assert (
        "it may: copy dest={{ root }}/{{ told.stdout if item == 2 else item }}"
        in dry.planned.tasks[1].message
    )
    ran = here.apply(dry.planned).ran
    assert ran.tasks[-1].status == "changed", ran.tasks[-1].message
    assert all((tmp_path / "root" / name).read_text() == "new" for name in "abc")
    (tmp_path / "root" / "a").write_text("other")
    (tmp_path / "root" / "b").write_text("new")
    ran = here.apply(dry.planned).ran
    assert "the plan does not show it: write" in ran.tasks[-1].message
