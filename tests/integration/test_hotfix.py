"""The hot fix on a fleet: staged, installed with ScanMail's tasks ended, proven, and the tasks back again."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import PLAYBOOKS, Done, remediate
from worlds import QUESTIONS, Bytes, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.state import read_commands, read_state
from remediate.lab.surroundings import installed_build

QUICK = ("-e", "license_timeout=8")
FAILING, INTERRUPTED, PATCHED = "update fails on the old certificate", "hot fix interrupted", "patched"
CASES = (FAILING, INTERRUPTED, PATCHED)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Dry, in earnest, and once more."""

    fleet: LabFleet
    dry: dict[str, Done]
    changed_by_dry: set[str]
    run: dict[str, Done]
    again: dict[str, Done]
    before: dict[str, ServerState]
    after: dict[str, ServerState]
    between: Bytes

    def server(self, case: str) -> LabServer:
        """The one server in this state."""
        return server_in(self.fleet, case)


def server_in(fleet: LabFleet, case: str) -> LabServer:
    """The first server in this state."""
    return next(server for server in fleet.servers if server.site and server.site.case == case)


def side_by_side(cases: Sequence[str], act: Callable[[str], Done]) -> dict[str, Done]:
    """What comes of an act on the server in each of these states, each in a process of its own."""
    with ThreadPoolExecutor(len(cases)) as pool:
        return dict(zip(cases, pool.map(act, cases), strict=True))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A server that needs it, one on which it was broken off, and one that has it."""
    tmp = tmp_path_factory.mktemp("hotfix")
    fleet = lab_up(tmp / "lab", hosts=40, seed=5, story="articles")
    servers = [server_in(fleet, case) for case in CASES]

    def tell(*options: str) -> dict[str, Done]:
        def install(case: str) -> Done:
            line = ("run", PLAYBOOKS / "hotfix.yaml", "-i", fleet.paths.inventory)
            own = tmp / server_in(fleet, case).name
            own.mkdir(exist_ok=True)
            return remediate(own, *line, "-l", server_in(fleet, case).name, *QUICK, *options)

        return side_by_side(CASES, install)

    def states() -> dict[str, ServerState]:
        return {server.name: read_state(fleet.paths.of(server)) for server in servers}

    try:
        at_first, before = bytes_of(fleet), states()
        dry = tell("-C", "-D")
        changed_by_dry = changes_between(at_first, bytes_of(fleet))
        run = tell("-D")
        yield Story(
            fleet=fleet,
            dry=dry,
            changed_by_dry=changed_by_dry,
            run=run,
            between=bytes_of(fleet),
            again=tell(),
            before=before,
            after=states(),
        )
    finally:
        lab_down(fleet.paths.directory)


def test_a_dry_run_changes_no_byte(story: Story) -> None:
    """Nothing on any server changes but the console logs, by answers to questions."""
    assert {case: done.code for case, done in story.dry.items()} == dict.fromkeys(CASES, 0)
    assert story.changed_by_dry == set()


def test_the_dry_run_lists_the_changes_of_the_run(story: Story) -> None:
    """The same tasks on the same hosts with the same diffs: what is ended, installed and loaded again."""
    for case in CASES:
        assert story.run[case].code == 0, story.run[case].out + story.run[case].err
        assert diffs(story.run[case]) == diffs(story.dry[case])
    assert {case for case in CASES if diffs(story.dry[case])} == {FAILING, INTERRUPTED}


def diffs(done: Done) -> dict[tuple[str, str], str]:
    """What each change looks like."""
    changed = [event for event in done.events if event.get("status") == "changed"]
    return {(event["host"], event["task"]): event["diff"] for event in changed}


@pytest.mark.parametrize("case", [FAILING, INTERRUPTED, PATCHED])
def test_the_build_is_there_and_whole(case: str, story: Story) -> None:
    """The server's own files show the new build, no installation under way, and none of our notes."""
    paths = story.fleet.paths.of(story.server(case))
    assert installed_build(paths) == PATCHED_BUILD
    assert not paths.install_marker.exists()
    assert list(paths.staging.glob("remediate-*")) == []


def test_the_package_on_the_server_is_the_right_one(story: Story) -> None:
    """Byte by byte, and only where it was needed."""
    for case, needed in ((FAILING, True), (INTERRUPTED, True), (PATCHED, False)):
        staged = list(story.fleet.paths.of(story.server(case)).staging.glob("*.tar"))
        assert len(staged) == needed
        for file in staged:
            original = story.fleet.paths.packages / file.name
            sums = {hashlib.sha256(each.read_bytes()).hexdigest() for each in (file, original)}
            assert len(sums) == 1


@pytest.mark.parametrize("case", [FAILING, INTERRUPTED, PATCHED])
def test_the_same_tasks_run_as_before(case: str, story: Story) -> None:
    """What ran before the installation runs after it, and nothing else."""
    name = story.server(case).name
    before, after = story.before[name], story.after[name]
    assert sorted(before.tasks) == sorted(after.tasks)
    assert before.smdreal_running == after.smdreal_running


def test_all_tasks_are_ended_before_any_is_loaded(story: Story) -> None:
    """The installer finds none of them; only those that ran are spoken to."""
    commands = read_commands(story.fleet.paths.of(story.server(FAILING)))
    orders = [command for command in commands if command not in QUESTIONS]
    names = ["smdreal", *(name.lower() for name in story.before[story.server(FAILING).name].tasks)]
    assert orders[: len(names)] == [f"tell {name} quit" for name in names]
    assert orders[len(names) :] == [f"load {name}" for name in names]


def test_who_has_the_build_is_left_alone(story: Story) -> None:
    """Neither a console command nor a file."""
    assert story.run[PATCHED].statuses("changed") == set()
    assert set(read_commands(story.fleet.paths.of(story.server(PATCHED)))) <= QUESTIONS


def test_a_broken_off_installation_without_tasks_is_told(story: Story) -> None:
    """Which tasks belong on that server nobody can know: a person is told to load them."""
    messages = [event["message"] for event in story.run[INTERRUPTED].events if event.get("message")]
    assert any("load those that belong on this server by hand" in message for message in messages)


def test_verify_alone_tells_old_from_new(story: Story, tmp_path: Path) -> None:
    """With `-t verify` nothing is changed, and a server without the build fails."""
    line = ("run", PLAYBOOKS / "hotfix.yaml", "-i", story.fleet.paths.inventory, "-t", "verify", "-l")
    assert remediate(tmp_path, *line, story.server(FAILING).name).code == 0
    done = remediate(tmp_path, *line, server_in(story.fleet, "certificate check off, not patched").name)
    (message,) = [event["message"] for event in done.events if event.get("status") == "failed"]
    assert f"is installed, not {PATCHED_BUILD}" in message
    assert done.statuses("changed") == set()


def test_a_second_run_changes_nothing(story: Story) -> None:
    """The build is seen, and no more is done."""
    assert {done.code for done in story.again.values()} == {0}
    assert not any(done.statuses("changed") for done in story.again.values())
    assert changes_between(story.between, bytes_of(story.fleet)) == set()
