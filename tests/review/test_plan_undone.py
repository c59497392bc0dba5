"""For any small playbook, host and shell: what a run has done is taken back, byte for byte."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from changes import site
from hypothesis import example, given, settings
from hypothesis import strategies as st
from local_host import SHELLS, tree
from playbooks_at_random import ACCESS, HOSTILE, TREES, Found, changes, with_keywords

from remediate.review.undoing import Lasting

pytestmark = pytest.mark.root

shells = st.sampled_from(list(SHELLS))
CHANGES = changes(ACCESS)
MADE = "{{ root }}/made"
WITH_UNDO = st.sampled_from(
    [
        {"command": {"cmd": f"mkdir {MADE}", "creates": MADE, "changes": [MADE], "undo": f"rmdir {MADE}"}},
        {"shell": {"cmd": f"echo x >> {MADE}.log", "creates": f"{MADE}.log", "undo": f"rm {MADE}.log"}},
    ]
)
MOVED = (
    st.sampled_from(["a", "b", "d/c", HOSTILE])
    .map("{{{{ root }}}}/{}".format)
    .map(
        lambda path: {
            "shell": {
                "cmd": 'mv "$FROM" "$FROM.moved"',
                "undo": 'mv "$FROM.moved" "$FROM"',
                "removes": path,
                "creates": f"{path}.moved",
                "changes": [],
            },
            "environment": {"FROM": path},
        }
    )
)
WITHOUT_UNDO = st.just({"command": {"cmd": "touch {{ root }}/stays", "changes": ["{{ root }}/stays"]}})


@settings(max_examples=10)
@given(
    tasks=st.lists(
        with_keywords(st.one_of(CHANGES, CHANGES, CHANGES, CHANGES, CHANGES, WITH_UNDO, MOVED, WITHOUT_UNDO)),
        min_size=1,
        max_size=7,
    ),
    found=TREES,
    speaks=shells,
)
@example(
    tasks=[{"copy": {"dest": "{{ root }}/a", "content": "", "owner": "daemon"}}],
    found={"a": Found(text="longer")},
    speaks="dash",
)
@example(
    tasks=[
        {"copy": {"dest": "{{ root }}/a", "content": "new"}},
        {"file": {"path": "{{ root }}/n/m", "state": "directory"}},
        {"file": {"path": "{{ root }}/n", "state": "absent"}},
    ],
    found={"a": Found(text="old")},
    speaks="dash",
)
def test_undo_restores_every_byte_mode_and_owner(
    tasks: list[Any], found: Mapping[str, Found], speaks: str
) -> None:
    """All is as it was, except what is named as lasting."""
    with site(tasks, found, speaks) as here:
        before = tree(here.root)
        wet = here.apply(here.plan().planned)
        if not wet.number:  # it has changed nothing
            assert tree(here.root) == before
            return
        undoing = here.undoing(wet.number)
        if undoing.changes:
            undone = here.take_back(undoing)
            failed = [each.message for each in undone.tasks if each.status == "failed"]
            assert [each for each in failed if not _STAYS.search(each)] == []
        after = tree(here.root)
        differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert {name for name in differ if not _may_differ(name, undoing.lasting, here.root)} == set()


@settings(max_examples=10)
@given(
    tasks=st.lists(with_keywords(CHANGES), min_size=1, max_size=5),
    found=TREES,
    words=st.integers(min_value=0, max_value=5),
    speaks=shells,
)
@example(
    tasks=[{"file": {"path": "{{ root }}/a", "state": "absent"}}],
    found={"a": Found(text="old", mode=0o640)},
    words=3,
    speaks="dash",
)
@example(
    tasks=[
        {"copy": {"dest": "{{ root }}/a", "content": "new", "backup": True}},
        {"file": {"path": "{{ root }}/n", "state": "directory"}},
    ],
    found={"a": Found(text="old", mode=0o4755)},
    words=5,
    speaks="dash",
)
def test_an_undo_that_is_cut_off_anywhere_is_finished_by_the_next_one(
    tasks: list[Any], found: Mapping[str, Found], words: int, speaks: str
) -> None:
    """Nothing is refused that an undisturbed one takes back, and all ends the same."""
    with site(tasks, found, speaks) as calm:
        wet = calm.apply(calm.plan().planned)
        if not wet.number or not calm.undoing(wet.number).changes:
            return
        calm.take_back(calm.undoing(wet.number))
        expected = tree(calm.root)
    with site(tasks, found, speaks) as here:
        wet = here.apply(here.plan().planned)
        while not here.take_back_until(wet.number, words):
            words += 3
        assert tree(here.root) == expected


_STAYS = re.compile("it lies under a change that stays: (remove|upload) ")
_OF = re.compile(r"/ and all below it$| \(\d+ bytes\)$")


def _may_differ(name: bytes, lasting: Iterable[Lasting], root: Path) -> bool:
    """Whether one of these changes is about this path, under whatever name."""
    for each in lasting:
        if each.change.startswith("run ") and name == b"stays":
            return True
        _, _, path = _OF.sub("", each.change).rpartition("/root/")
        there = (root / path).parent.resolve() / (root / path).name
        if (root / name.decode()).is_relative_to(there):
            return True
    return False
