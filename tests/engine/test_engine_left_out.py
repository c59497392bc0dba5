"""Hosts that a run leaves alone from its beginning: what is told of them, and for what they count."""

from pathlib import Path
from typing import Literal

import pytest
from runs import Hosts, Ran, TestHost, play, prepare_run

from remediate.engine.past import Apart, Past

WRITE = '- {name: write, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: x}}'
LATER = "- hosts: all\n  tasks: [{name: later, debug: {msg: x}}]\n"


def forbidden(_scripts: object) -> None:
    """A hook: the host must not be asked anything."""
    raise AssertionError("a host that is left out was asked something")


def perform(folder: Path, text: str, apart: Apart) -> Ran:
    """A run on two hosts, of which the second is left out."""
    hosts = Hosts(two=TestHost("two", before=forbidden))
    run, ran = prepare_run(folder, text, hosts=hosts, inventory="one,two,")
    run.past = Past(apart={"two": apart})
    run.identity = "a1"
    ran.recap = run.perform()
    return ran


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("failed", "failed"), ("unreachable", "unreachable"), ("stopped", "failed")],
)
def test_the_first_task_tells_why(
    tmp_path: Path,
    root: Path,
    outcome: Literal["failed", "unreachable", "stopped"],
    status: str,
) -> None:
    """The host is asked nothing in any play, and can be gone on with; the others are done."""
    empty = "- {hosts: all, tasks: []}\n"
    ran = perform(tmp_path, empty + play(WRITE) + LATER, Apart(outcome=outcome, message="gone"))
    (told,) = (each for each in ran.tasks if each.host == "two")
    assert (told.task, told.status, told.message, told.begun) == ("write", status, "gone", False)
    counts = ran.counts("two")
    assert (counts.failed, counts.unreachable) == (status == "failed", status == "unreachable")
    assert counts.stopped or counts.unreachable
    assert ran.names("one") == ["write", "later"]


@pytest.mark.parametrize(
    ("apart", "stops"),
    [
        (Apart(outcome="failed", message="m"), True),
        (Apart(outcome="unreachable", message="m"), True),
        (Apart(outcome="stopped", message="m"), False),
        (Apart(outcome="failed", message="m", known=True), False),
        (Apart(outcome="unreachable", message="m", known=True), False),
    ],
)
def test_it_counts_as_what_it_is(tmp_path: Path, root: Path, apart: Apart, stops: bool) -> None:
    """A host that has failed may stop the play: before anything is sent, and not if it was known."""
    ran = perform(tmp_path, play(WRITE, more="  max_fail_percentage: 0\n"), apart)
    assert ran.counts("one").stopped is stops
    assert (root / "one").exists() is not stops
    assert ran.outcomes() == {"one": "stopped" if stops else "done", "two": apart.outcome}


def test_it_keeps_its_place_in_the_batches(tmp_path: Path, root: Path) -> None:
    """`serial` counts it, so that the batches are those of the dry run."""
    ran = perform(tmp_path, play(WRITE, more="  serial: 1\n"), Apart(outcome="failed", message="m"))
    assert [each.host for each in ran.tasks] == ["one", "two"]
    assert (root / "one").exists()
