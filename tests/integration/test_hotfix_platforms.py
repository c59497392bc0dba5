"""The hot fix on OS/400, whose build may not show it, and on Windows, where the console has a password."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cases import One, has_a_past, lab_with
from commands import PLAYBOOKS, Done, remediate
from worlds import QUESTIONS, bytes_of, changes_between

from remediate.lab.draw import LabServer
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.state import read_commands
from remediate.lab.surroundings import installed_build

HOTFIX = PLAYBOOKS / "hotfix.yaml"
OFF, ON = "A person takes the password off the console", "A person puts the password on the console again"


def on_os400(server: LabServer) -> bool:
    """Whether it is one, with a console log."""
    return server.platform == "ibmi" and has_a_past(server)


@pytest.fixture
def os400(tmp_path: Path) -> Iterator[One]:
    """A server of which nobody has said that the build shows hot fix B5716."""
    with lab_with(tmp_path, "update fails on the old certificate", on_os400) as one:
        inventory = yaml.safe_load(one.fleet.paths.inventory.read_text())
        for group in inventory["all"]["children"].values():
            for variables in group.get("hosts", {}).values():
                variables.pop("hotfix_build", None)
        del inventory["all"]["vars"]["patched_build"]
        one.fleet.paths.inventory.write_text(yaml.safe_dump(inventory))
        yield one


def orders(one: One) -> list[str]:
    """The console commands that were no questions."""
    return [each for each in read_commands(one.paths) if each.split(" >")[0] not in QUESTIONS]


def row(done: Done) -> dict[str, object]:
    """The one host's row in the table."""
    (found,) = [event["row"] for event in done.events if "row" in event]
    return dict(found)


def test_a_hot_fix_that_a_person_has_seen_is_not_installed_again(os400: One) -> None:
    """Detect and hot fix believe the site's word for it, beside a build that is lower; the gate does, too."""
    build = installed_build(os400.paths)
    found = row(os400.run(PLAYBOOKS / "detect.yaml"))
    assert "hotfix" in found["remedies"]  # type: ignore[operator]
    said = ("-e", "smd_hotfix=5716")
    found = row(os400.run(PLAYBOOKS / "detect.yaml", *said))
    assert "hotfix" not in found["remedies"]  # type: ignore[operator]
    assert (found["build"], found["updates"]) == (f"{build}, hot fix 5716", "patched")
    done = os400.run(HOTFIX, *said)
    assert (done.code, done.statuses("changed")) == (0, set())
    assert orders(os400) == []
    # An older hot fix is no reason to leave it.
    assert (os400.name, "The hot fix is installed") in os400.run(
        HOTFIX, "-C", "-e", "smd_hotfix=3620"
    ).statuses("changed")


def test_a_build_that_does_not_show_the_hot_fix_is_a_matter_for_a_person(os400: One) -> None:
    """The installer ends well and the build stays: red, with what to look up; with the answer it is green."""
    build, before = installed_build(os400.paths), os400.state
    done = os400.run(HOTFIX, "-e", "hotfix_command=true")
    assert done.code == 2
    (message,) = [event["message"] for event in done.events if event.get("status") == "failed"]
    assert f"whether hot fix B5716 is in cannot be seen from build {build}" in message
    assert "set smd_hotfix to 5716, and run this again" in message
    assert (sorted(os400.state.tasks), os400.state.smdreal_running) == (
        sorted(before.tasks),
        before.smdreal_running,
    )
    assert list(os400.paths.staging.glob("remediate-*")) == []
    again = os400.run(HOTFIX, "-e", "smd_hotfix=5716")
    assert (again.code, again.statuses("changed")) == (0, set())


def test_a_build_that_shows_the_hot_fix_proves_it(os400: One) -> None:
    """Then nobody has to say anything."""
    done = os400.run(HOTFIX)
    assert done.code == 0, done.out
    assert installed_build(os400.paths) == PATCHED_BUILD


GATE = [
    (3454, None, "build 3454 lacks hot fix 3620"),
    (3453, 3620, "build 3453 is older than 3454"),
    (3454, 3619, "build 3454 lacks hot fix 3620"),
    (3454, 3620, ""),
    (3620, None, ""),
    (5716, 3500, ""),
]


def test_the_gate_wants_both_numbers_on_os400(tmp_path: Path) -> None:
    """Build 3454 and hot fix 3620, which a newer build has as well, whatever was written down before."""
    hosts = {
        f"as{number}": {"smd_build": build, **({} if hotfix is None else {"smd_hotfix": hotfix})}
        for number, (build, hotfix, _) in enumerate(GATE)
    }
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(yaml.safe_dump({"all": {"vars": {"smd_platform": "ibmi"}, "hosts": hosts}}))
    done = remediate(tmp_path, "run", PLAYBOOKS / "gate.yaml", "-i", inventory)
    told = {event["host"]: event["message"] for event in done.events if event.get("status") == "failed"}
    for host, (_, _, said) in zip(hosts, GATE, strict=True):
        assert (told.get(host, "").startswith(said), host in told) == (True, said != ""), host


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[One]:
    """A server on Windows that needs the hot fix."""
    with lab_with(tmp_path, "SMLD 5.0 on Windows") as one:
        yield one


def test_on_windows_a_person_is_asked_before_anything_is_ended(windows: One) -> None:
    """A dry run lists both questions; without a terminal the run fails with what is to be done."""
    before = bytes_of(windows.fleet)
    dry = windows.run(HOTFIX, "-C")
    assert dry.code == 0, dry.out
    assert changes_between(before, bytes_of(windows.fleet)) == set()
    for question in (OFF, ON):
        assert f"would ask    {windows.name}  {question}" in dry.out
    done = windows.run(HOTFIX)
    assert done.statuses("failed") == {(windows.name, OFF)}
    (message,) = [event["message"] for event in done.events if event.get("status") == "failed"]
    assert "if it has one, take it off" in message
    assert orders(windows) == []


def test_on_windows_the_password_is_off_as_long_as_it_must_be(windows: One) -> None:
    """Asked before the first task is ended, and again when all tasks are loaded on the new build."""
    before, seen = windows.state, []

    def look(_directory: Path, _name: str) -> None:
        seen.append((installed_build(windows.paths), len(orders(windows)), sorted(windows.state.tasks)))

    done, asked = windows.at_terminal(HOTFIX, look, look)
    assert done.code == 0, done.out
    assert ["take it off" in asked[0].prompt, "put it on again" in asked[1].prompt] == [True, True]
    (old, given, _), (new, _, tasks) = seen
    assert old < PATCHED_BUILD == new
    assert given == 0
    assert tasks == sorted(before.tasks)
    again = windows.run(HOTFIX)
    assert (again.code, again.statuses("changed")) == (0, set())


def test_on_windows_a_failure_tells_of_the_password(windows: One) -> None:
    """The person who took it off is told, where nobody asks again."""
    done, asked = windows.at_terminal(HOTFIX, None, more=("-e", '{"hotfix_command": "exit 7"}'))
    assert (done.code, len(asked)) == (2, 1)
    messages = [event["message"] for event in done.events if event.get("status") == "failed"]
    assert "the password of the Domino console is off, unless" in messages[-1]
