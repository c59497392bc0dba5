"""The licence comes to the spokes: renewed and proven on the hub, pulled and proven on each spoke."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from commands import PLAYBOOKS, Done, remediate
from worlds import QUESTIONS, Bytes, all_commands, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import Store
from remediate.lab.servers import change_state
from remediate.lab.state import read_commands, read_state

SPOKES = PLAYBOOKS / "spokes.yaml"
QUICK = ("-e", "license_timeout=8", "-e", "license_retry_delay=0.3")
PULL = "Pull the console database from the hub"
END = "End smdreal, where it runs with the old licence"
LOAD = "Load smdreal, again and again until the licence is there"


@dataclass(frozen=True, kw_only=True)
class Story:
    """Spokes without their hub; hub and spokes dry, then in earnest, and without the renewal."""

    hub: str
    spokes: tuple[str, ...]
    running: str
    orphan: str
    without_hub: Done
    not_renewed: Done
    dry: Done
    changed_by_dry: set[str]
    questions: set[str]
    run: Done
    commands: dict[str, Counter[str]]
    after: Bytes
    again: Done
    changed_by_again: set[str]
    licences: dict[str, tuple[str, bool]]
    documents: dict[str, set[str]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A hub and its spokes, two of them partitions of one machine; on one of them, smdreal still runs."""
    tmp = tmp_path_factory.mktemp("spokes")
    fleet = lab_up(tmp / "lab", hosts=40, seed=14, story="articles")
    hubs = {server.site.hub: [] for server in fleet.servers if server.site and server.site.hub}
    for server in fleet.servers:
        if server.site and server.site.hub:
            hubs[server.site.hub].append(server.name)
    (hub, spokes), (other_hub, (orphan,)) = sorted(hubs.items(), key=lambda each: -len(each[1]))
    running = spokes[0]
    paths = fleet.paths.of(next(server for server in fleet.servers if server.name == running))
    change_state(paths, lambda state: replace(state, smdreal_running=True))
    both = tmp / "both.yaml"
    renewal = {
        "import_playbook": str(PLAYBOOKS / "license-renewal.yaml"),
        "when": "domino_role | default('alone') == 'hub'",
    }
    both.write_text(yaml.safe_dump([renewal, {"import_playbook": str(SPOKES)}]))

    def tell(playbook: Path, *hosts: str, dry: bool = False) -> Done:
        words = ("run", playbook, "-i", fleet.paths.inventory, "-l", ",".join(hosts), *QUICK)
        return remediate(tmp, *words, *(("-C", "-D") if dry else ()))

    try:
        before = bytes_of(fleet)
        without_hub = tell(SPOKES, *spokes)
        not_renewed = tell(SPOKES, other_hub, orphan)
        dry = tell(both, hub, *spokes, dry=True)
        changed_by_dry, questions = changes_between(before, bytes_of(fleet)), set(all_commands(fleet))
        run = tell(both, hub, *spokes)
        commands, after = orders_of(fleet), bytes_of(fleet)
        again = tell(SPOKES, hub, *spokes)
        yield Story(
            hub=hub,
            spokes=tuple(spokes),
            running=running,
            orphan=orphan,
            without_hub=without_hub,
            not_renewed=not_renewed,
            dry=dry,
            changed_by_dry=changed_by_dry,
            questions=questions,
            run=run,
            commands=commands,
            after=after,
            again=again,
            changed_by_again=changes_between(after, bytes_of(fleet)),
            licences=licences_of(fleet),
            documents=documents_of(fleet),
        )
    finally:
        lab_down(fleet.paths.directory)


def orders_of(fleet: LabFleet) -> dict[str, Counter[str]]:
    """The console commands that each server received, without the questions."""
    return {
        server.name: Counter(one for one in read_commands(fleet.paths.of(server)) if one not in QUESTIONS)
        for server in fleet.servers
    }


def licences_of(fleet: LabFleet) -> dict[str, tuple[str, bool]]:
    """What each server believes of its licence, and whether smdreal runs."""
    states = {server.name: read_state(fleet.paths.of(server)) for server in fleet.servers}
    return {name: (state.licence, state.smdreal_running) for name, state in states.items()}


def documents_of(fleet: LabFleet) -> dict[str, set[str]]:
    """Each server's documents."""
    return {
        server.name: set(map(repr, Store(fleet.paths.of(server).documents).read()))
        for server in fleet.servers
    }


def test_a_spoke_without_a_proven_hub_is_refused(story: Story) -> None:
    """Whether the hub is left out of the run or not renewed yet: one line names it, and nothing is done."""
    for done, spokes in ((story.without_hub, story.spokes), (story.not_renewed, (story.orphan,))):
        said = {event["host"]: event["message"] for event in done.events if event.get("status") == "failed"}
        assert said.keys() == set(spokes)
        assert done.statuses("changed") == set()
        for message in said.values():
            assert "license-renewal.yaml" in message
            assert "\n" not in message
    assert all(story.hub in message for message in messages(story.without_hub, "failed"))
    assert all("already expired" in message for message in messages(story.not_renewed, "failed"))


def messages(done: Done, status: str) -> list[str]:
    """What was said with this status."""
    return [event["message"] for event in done.events if event.get("status") == status]


def test_a_dry_run_lists_the_pull_though_the_hub_is_yet_to_be_renewed(story: Story) -> None:
    """It only asks, and shows for each spoke what the run will do there."""
    assert story.dry.code == 0, story.dry.out + story.dry.err
    assert story.changed_by_dry == set()
    assert story.questions <= QUESTIONS
    listed = {(host, task) for host, task in story.dry.statuses("changed") if host != story.hub}
    assert listed == {
        *((spoke, task) for spoke in story.spokes for task in (PULL, LOAD)),
        (story.running, END),
    }


def test_the_run_makes_exactly_the_planned_changes(story: Story) -> None:
    """The same tasks on the same hosts, with the same effects."""
    assert story.run.code == 0, story.run.out + story.run.err
    assert effects(story.run) == effects(story.dry)


def effects(done: Done) -> dict[tuple[str, str], list[str]]:
    """The effects of each task that changed something."""
    return {(e["host"], e["task"]): e["effects"] for e in done.events if e.get("status") == "changed"}


def test_each_spoke_is_proven_by_itself(story: Story) -> None:
    """Hub and spokes have the licence and run smdreal; each spoke, and each partition, has pulled once."""
    members = (story.hub, *story.spokes)
    assert {name: story.licences[name] for name in members} == dict.fromkeys(members, ("valid", True))
    for spoke in story.spokes:
        assert story.documents[spoke] == story.documents[story.hub]
        assert story.commands[spoke][f'pull "{story.hub}/Lab" smd/smconf.nsf'] == 1
    assert story.commands[story.running]["tell smdreal quit"] >= 1


def test_a_good_spoke_is_left_alone(story: Story) -> None:
    """Once more, without the renewal: the hub is asked, nothing is changed, no console gets an order."""
    assert story.again.code == 0, story.again.out + story.again.err
    assert story.again.statuses("changed") == set()
    assert story.changed_by_again == set()
