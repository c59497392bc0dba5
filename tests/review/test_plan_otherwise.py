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
