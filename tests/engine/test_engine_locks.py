"""When a run locks its hosts: as soon as it could change something, and not for looking."""

from pathlib import Path

import pytest
from runs import Ran, TestHost, play, prepare_run

from remediate.engine.locking import HostLock
from remediate.errors import HostLocked
from remediate.hosts.lock import Found

LOOK = '- {name: look, stat: {path: "{{ root }}"}}\n- {name: ask, command: {cmd: ls /, read_only: true}}'
MAY = LOOK + '\n- {name: may, copy: {dest: "{{ root }}/a", content: x}, when: false}'


def perform(folder: Path, tasks: str, *, dry_run: bool = False) -> Ran:
    """A run that would lock its host."""
    run, ran = prepare_run(folder, play(tasks), dry_run=dry_run)
    run.identity = "a1"
    ran.recap = run.perform()
    return ran


@pytest.mark.parametrize(
    ("tasks", "dry_run", "locks"),
    [(LOOK, False, False), (MAY, False, True), (MAY, True, False)],
    ids=["a run that only looks", "a run that may change something", "its dry run"],
)
def test_only_what_may_change_something_takes_a_lock(
    tmp_path: Path, root: Path, tasks: str, dry_run: bool, locks: bool
) -> None:
    """To look is possible while another run is at work, and where nothing can be written."""
    sent = [
        script for each in perform(tmp_path, tasks, dry_run=dry_run).hosts.made["one"].sent for script in each
    ]
    assert any("remediate-locks" in script for script in sent) == locks
    assert any("mkdir" in script for script in sent) == locks


def test_the_lock_costs_no_round_trip_of_its_own(tmp_path: Path, root: Path) -> None:
    """It is taken with the first questions and given back at the end."""
    trips = perform(tmp_path, MAY).hosts.made["one"].sent
    assert len(trips) == 2
    assert "remediate-locks" in trips[0][0]
    assert len(trips[0]) > 1


def test_who_has_lost_its_lock_is_told_how_to_go_on() -> None:
    """With its own run, whichever was begun last."""
    lock = HostLock("one", None, "r1", {"r1": "remediate resume 7"}.__getitem__)
    lock.settle(TestHost("one"), Found(taken=True), None)
    with pytest.raises(HostLocked) as lost:
        lock.settle(TestHost("one"), Found(taken=True), None)
    assert lost.value.cure == "look who did: remediate history; then go on: remediate resume 7"
