"""A pattern file put in by hand: proven by its sum, owned as it must be, and named by smdreal itself."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from commands import PLAYBOOKS, Done, remediate
from test_hotfix import diffs, server_in, side_by_side
from worlds import QUESTIONS, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.articleworld import pattern_name, pattern_text
from remediate.lab.packages import HAND_PATTERN, sha256_of
from remediate.lab.servers import change_state
from remediate.lab.state import read_commands, read_state
from remediate.lab.surroundings import newest_pattern

FAILING, NOT_LOADED, EXPIRED = "SMLD 5.0", "valid, smdreal not loaded", "not renewed, smdreal running"
QUICK = {"license_timeout": 8, "smd_tasks": ["smdreal", "smdmon"]}
OWN = {"pattern_owner": str(os.getuid()), "pattern_group": str(os.getgid()), "pattern_mode": "0640"}
CASES = (FAILING, NOT_LOADED, EXPIRED)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Dry, in earnest, and once more."""

    fleet: LabFleet
    dry: dict[str, Done]
    changed_by_dry: set[str]
    run: dict[str, Done]
    again: dict[str, Done]
    changed_by_again: set[str]


def put_in(tmp: Path, fleet: LabFleet, case: str, *options: str, **extra: object) -> Done:
    """Run it on the server in this state."""
    line = ("run", PLAYBOOKS / "pattern.yaml", "-i", fleet.paths.inventory)
    return remediate(
        tmp, *line, "-l", server_in(fleet, case).name, "-e", json.dumps({**QUICK, **extra}), *options
    )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFleet]:
    """Forty servers."""
    directory = tmp_path_factory.mktemp("pattern") / "lab"
    yield lab_up(directory, hosts=40, seed=5, story="articles")
    lab_down(directory)


@pytest.fixture(scope="module")
def story(fleet: LabFleet, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A server whose updates fail, one without smdreal, and one whose licence nobody has renewed."""
    tmp = {case: tmp_path_factory.mktemp("story") for case in CASES}
    at_first = bytes_of(fleet)
    dry = side_by_side(CASES, lambda case: put_in(tmp[case], fleet, case, "-C", "-D", **OWN))
    changed_by_dry = changes_between(at_first, bytes_of(fleet))
    run = side_by_side(CASES, lambda case: put_in(tmp[case], fleet, case, "-D", **OWN))
    between = bytes_of(fleet)
    again = side_by_side(CASES, lambda case: put_in(tmp[case], fleet, case, **OWN))
    return Story(
        fleet=fleet,
        dry=dry,
        changed_by_dry=changed_by_dry,
        run=run,
        again=again,
        changed_by_again=changes_between(between, bytes_of(fleet)),
    )


def test_a_dry_run_changes_no_byte(story: Story) -> None:
    """Nothing on any server changes but the console logs, by answers to questions."""
    assert {case: done.code for case, done in story.dry.items()} == dict.fromkeys(CASES, 0)
    assert story.changed_by_dry == set()


def test_the_dry_run_lists_the_changes_of_the_run(story: Story) -> None:
    """The same tasks on the same hosts with the same diffs."""
    for case in CASES:
        assert story.run[case].code == 0, story.run[case].out + story.run[case].err
        assert diffs(story.run[case]) == diffs(story.dry[case]) != {}


@pytest.mark.parametrize("case", [FAILING, NOT_LOADED, EXPIRED])
def test_smdreal_has_read_the_pattern(case: str, story: Story) -> None:
    """The file is in its place with owner and mode, and the banner that smdreal printed last names it."""
    server = server_in(story.fleet, case)
    paths = story.fleet.paths.of(server)
    assert newest_pattern(paths) == HAND_PATTERN
    assert [*paths.patterns.glob(".remediate*"), *paths.staging.iterdir()] == []
    status = (paths.patterns / pattern_name(HAND_PATTERN)).stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (os.getuid(), os.getgid(), 0o640)
    log = paths.console_log.read_bytes().decode(server.log_encoding)
    banners = [line for line in log.splitlines() if "Virus pattern file version:" in line]
    assert banners[-1].endswith(f".{HAND_PATTERN}")


def test_what_ran_before_runs_again(story: Story) -> None:
    """All tasks are back; smdreal is, where its licence lets it, and where not, that is said."""
    failing, expired = server_in(story.fleet, FAILING), server_in(story.fleet, EXPIRED)
    state = read_state(story.fleet.paths.of(failing))
    assert (state.smdreal_running, sorted(state.tasks)) == (True, ["SMDmon", "SMDsch"])
    state = read_state(story.fleet.paths.of(expired))
    assert (state.smdreal_running, sorted(state.tasks)) == (False, ["SMDmon", "SMDsch"])
    said = [event["message"] for event in story.run[EXPIRED].events if event.get("message")]
    assert any("does not stay loaded, as its licence is expired" in message for message in said)


def test_a_second_run_changes_nothing(story: Story) -> None:
    """The file has the sum and the last banner names the number: no task is touched."""
    assert {done.code for done in story.again.values()} == {0}
    assert not any(done.statuses("changed") for done in story.again.values())
    assert story.changed_by_again == set()


def test_a_pattern_that_smdreal_does_not_read_is_no_success(fleet: LabFleet, tmp_path: Path) -> None:
    """A file that smdreal passes over, as it is not whole, fails with the console's own word."""
    package = tmp_path / pattern_name(998)
    package.write_text(pattern_text(998)[:-5])
    paths = fleet.paths.of(server_in(fleet, "in grace"))
    before = newest_pattern(paths)
    more = {
        "pattern_package": str(package),
        "pattern_sha256": sha256_of(package),
        "pattern_number": 998,
        "smd_tasks": ["smdreal"],
    }
    done = put_in(tmp_path, fleet, "in grace", **more)
    first, message = [e["message"] for e in done.events if e.get("status") == "failed"]
    assert "smdreal does not name pattern 998 after it was loaded, but" in first
    assert f".{before}" in first
    assert first in message
    assert message.endswith("; smdreal runs; all tasks run that ran before")
    assert read_state(paths).smdreal_running


def test_verify_alone_tells_old_from_new(story: Story, tmp_path: Path) -> None:
    """With `-t verify` nothing is changed, and a server that has not read the pattern fails."""
    assert put_in(tmp_path, story.fleet, FAILING, "-t", "verify").code == 0
    done = put_in(tmp_path, story.fleet, "trial key left", "-t", "verify")
    (message,) = [event["message"] for event in done.events if event.get("status") == "failed"]
    assert f"smdreal does not name pattern {HAND_PATTERN}" in message
    assert done.statuses("changed") == set()


def test_tasks_come_back_after_a_run_that_was_broken_off(fleet: LabFleet, tmp_path: Path) -> None:
    """What had been ended when the connection was lost is known from the note, and is loaded."""
    paths = fleet.paths.of(server_in(fleet, "certificate check off, not patched"))
    (paths.staging / "remediate-pattern.json").write_text('{"tasks": ["smdmon"]}')
    change_state(paths, lambda state: replace(state, tasks=()))
    done = put_in(tmp_path, fleet, "certificate check off, not patched")
    assert done.code == 0, done.out
    assert read_state(paths).tasks == ("SMDmon",)
    assert list(paths.staging.iterdir()) == []


def test_another_file_is_not_even_sent(fleet: LabFleet, tmp_path: Path) -> None:
    """A pattern without the vendor's sum is refused before a task is ended."""
    paths = fleet.paths.of(server_in(fleet, "trial key left"))
    done = put_in(tmp_path, fleet, "trial key left", pattern_sha256="0" * 64)
    (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
    assert "is another file: its sha256 is" in message
    assert set(read_commands(paths)) <= QUESTIONS
    assert not (paths.patterns / pattern_name(HAND_PATTERN)).exists()
