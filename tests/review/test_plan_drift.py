"""Whatever changes between a plan and its apply, of what the plan has seen, is noticed; and nothing else."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from changes import is_shown, site
from foreseen import PATHS
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS, answers
from playbooks_at_random import ACCESS, COMMANDS, TREES, Found, changes, with_keywords

from remediate.review.holding import drift

pytestmark = pytest.mark.root

shells = st.sampled_from(list(SHELLS))
CHANGES = changes(ACCESS)
HOW = ("byte", "mode", "owner", "target", "gone", "appears")


def meddle(path: Path, how: str) -> bool:
    """Change one thing, as somebody else might; whether there was such a thing to change."""
    if how == "appears":
        if os.path.lexists(path) or not path.parent.is_dir():
            return False
        path.write_text("somebody's")
        return True
    if not os.path.lexists(path):
        return False
    match how:
        case "byte" if path.is_file():
            data = path.read_bytes()
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:] if data else b"x")
        case "mode" if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) ^ 0o001)
        case "owner":
            os.lchown(path, path.lstat().st_uid + 7, -1)
        case "target" if path.is_symlink():
            path.unlink()
            path.symlink_to("other")
        case "gone" if path.is_symlink() or path.is_file():
            path.unlink()
        case _:
            return False
    return True


def state(path: Path, how: str) -> Any:
    """What was changed, as it is now."""
    if not os.path.lexists(path):
        return None
    match how:
        case "mode":
            return stat.S_IMODE(path.lstat().st_mode)
        case "owner":
            return path.lstat().st_uid
        case "byte" | "appears":
            return path.read_bytes() if path.is_file() else "no file"
    return path.readlink() if path.is_symlink() else "no link"


TASKS = st.lists(with_keywords(st.one_of(CHANGES, CHANGES, COMMANDS)), min_size=1, max_size=5)


@settings(max_examples=12)
@given(tasks=TASKS, found=TREES, shell=shells, where=st.sampled_from(PATHS[1:]), how=st.permutations(HOW))
def test_what_the_plan_saw_has_drifted_or_nothing_has(
    tasks: list[Any], found: Mapping[str, Found], shell: str, where: str, how: Sequence[str]
) -> None:
    """A host differs from its plan exactly if the answer to one of the questions behind it does."""
    with site(tasks, found, shell) as here:
        dry = here.plan()
        seen = list(dict.fromkeys(each.fact for event in dry.ran.tasks for each in event.seen))
        before = [fact.lasting(answer) for fact, answer in zip(seen, answers(seen), strict=True)]
        path = Path(f"{here.root}{where}")
        assert any(meddle(path, each) for each in how) or not path.parent.is_dir()
        after = [fact.lasting(answer) for fact, answer in zip(seen, answers(seen), strict=True)]
        lines = drift(dry.planned, here.plan().planned, "no seals")
        assert bool(lines) == (before != after), lines


@settings(max_examples=12)
@given(
    tasks=st.lists(with_keywords(CHANGES), min_size=1, max_size=5),
    found=TREES,
    shell=shells,
    what=st.tuples(st.sampled_from(PATHS[1:]), st.sampled_from(HOW)),
    when=st.integers(1, 8),
)
def test_a_change_of_somebody_else_in_the_middle_of_an_apply_stays(
    tasks: list[Any], found: Mapping[str, Found], shell: str, what: tuple[str, str], when: int
) -> None:
    """Whenever it comes, nothing is done that the plan does not show, and what somebody else did is kept."""
    with site(tasks, found, shell) as here:
        dry = here.plan()
        path, how = Path(f"{here.root}{what[0]}"), what[1]
        trips = 0
        meddled: list[Any] = []

        def between(_scripts: Sequence[str]) -> None:
            nonlocal trips
            trips += 1
            if trips == when and meddle(path, how):
                meddled.append(state(path, how))

        wet = here.apply(dry.planned, between)
        planned = {task.step: task for task in dry.planned.tasks}
        for event in wet.ran.tasks:
            assert is_shown(event, planned.get(event.step)), event
        shown = [effect.summary for task in dry.planned.tasks for effect in task.effects]
        if meddled and not _removed(path, shown) and not _given_away(path, how, shown):
            assert state(path, how) == meddled[0]


def _given_away(path: Path, how: str, shown: Sequence[str]) -> bool:
    """Whether the plan shows another owner, which may take the set-id bits of a mode away."""
    return how == "mode" and any(each.startswith(f"set the owner of {path} to ") for each in shown)


def _removed(path: Path, shown: Sequence[str]) -> bool:
    """Whether the plan shows that the whole path goes, whatever is in it."""
    return any(
        f"remove {each}" in shown or f"remove {each}/ and all below it" in shown
        for each in (path, *path.parents)
    )
