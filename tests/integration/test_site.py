"""The whole fleet: every state that the two articles know, remedied by one playbook, as far as it can be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from commands import PLAYBOOKS, Done, remediate
from worlds import QUESTIONS, Bytes, all_commands, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import TRIAL, Store, duplicated, licences
from remediate.lab.draw import LabServer
from remediate.lab.smdupd import download_fails
from remediate.lab.state import read_state
from remediate.lab.surroundings import check_is_off, look_around

SITE = PLAYBOOKS / "site.yaml"
RECHECK = PLAYBOOKS / "recheck.yaml"
QUICK = tuple(
    word
    for value in (
        "license_timeout=4",
        "license_retry_delay=0",
        "license_pull_retries=8",
        "replication_wait=2",
    )
    for word in ("-e", value)
)
Step = tuple[str, str]
"""A host, and the place of a task in its playbook."""

HELPLESS = (
    *("not renewed, smdreal running", "not renewed, smdreal not loaded"),
    *("no internet, no TMCM agent", "no internet, old TMCM agent"),
    "no internet, TMCM agent on Windows, too old",
    "no internet, TMCM agent on Windows before its service pack",
    *("duplicates: tie", "duplicates: unreadable expiry"),
)
"""The cases for which there is no remedy as things are."""
FOR_A_PERSON = (
    *("grace over", "no internet, TMCM agent", "no internet, TMCM agent on Windows", "trial key left"),
    *("certificate check off, not patched", "certificate check off, patched"),
    "SMLD 5.0 on Windows",
)
"""The cases in which somebody has to do what no command can: enter a key, click, take out what he put in."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A dry run, a run, a second run and a re-check, and the fleet as it was before and between."""

    fleet: LabFleet
    before: Bytes
    after_dry: Bytes
    asked: set[str]
    dry: Done
    run: Done
    again: Done
    recheck: Done
    sound: frozenset[str]
    well: frozenset[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Forty servers, and nobody at the terminal."""
    tmp = tmp_path_factory.mktemp("site")
    fleet = lab_up(tmp / "lab", hosts=40, seed=11, story="articles")
    inventory = ("-i", fleet.paths.inventory)
    try:
        before = bytes_of(fleet)
        dry = remediate(tmp, "run", SITE, *inventory, "-C", "-D")
        after_dry, asked = bytes_of(fleet), set(all_commands(fleet))
        run = remediate(tmp, "run", SITE, *inventory, *QUICK)
        again = remediate(tmp, "run", SITE, *inventory, *QUICK)
        yield Story(
            fleet=fleet,
            before=before,
            after_dry=after_dry,
            asked=asked,
            dry=dry,
            run=run,
            again=again,
            recheck=remediate(tmp, "run", RECHECK, *inventory),
            sound=frozenset(server.name for server in fleet.servers if is_sound(fleet, server)),
            well=frozenset(server.name for server in fleet.servers if is_well(fleet, server)),
        )
    finally:
        lab_down(fleet.paths.directory)


def is_sound(fleet: LabFleet, server: LabServer) -> bool:
    """Whether a server works, by the lab's own records, whatever the tool believes."""
    paths = fleet.paths.of(server)
    state, around, documents = read_state(paths), look_around(paths), Store(paths.documents).read()
    assert around is not None
    return (
        state.licence == "valid"
        and state.smdreal_running
        and not duplicated(documents)
        and not licences(documents, TRIAL)
        and not around.half_installed
        and not download_fails(server, around)
    )


def is_well(fleet: LabFleet, server: LabServer) -> bool:
    """Whether nothing is left to be done on a server, such as to switch the certificate check on again."""
    return is_sound(fleet, server) and not check_is_off(fleet.paths.of(server))


def needs_no_person(server: LabServer) -> bool:
    """Whether a server of this case can be made well from here."""
    site = server.site
    assert site is not None
    if site.case in HELPLESS + FOR_A_PERSON:
        return False
    if site.case.startswith("duplicates"):
        return site.http != "off"
    if site.case.startswith("proxy") and site.case != "proxy right":
        return site.http != "off" and site.access_services
    return True


def steps(done: Done, *statuses: str) -> set[Step]:
    """Where events of these statuses were."""
    return {(e["host"], e["place"]) for e in done.events if e.get("status") in statuses}


def changes(done: Done) -> set[Step]:
    """Where something was changed, also by a task that failed over it."""
    touched: list[dict[str, Any]] = [e for e in done.events if e.get("status") in ("changed", "failed")]
    return {(e["host"], e["place"]) for e in touched if e["effects"] and not is_pause(e)}


def is_pause(event: dict[str, Any]) -> bool:
    """A pause changes nothing by itself."""
    return bool(event["module"] == "pause")


def failed_hosts(done: Done) -> set[str]:
    """The hosts that a run gave up on."""
    return {host for host, counts in done.recap.items() if counts["failed"] or counts["unreachable"]}


def test_a_dry_run_changes_nothing_anywhere(story: Story) -> None:
    """No byte but the consoles' answers, no console command but questions, and each host is looked at."""
    assert changes_between(story.before, story.after_dry) == set()
    assert story.asked <= QUESTIONS
    assert {e["host"] for e in story.dry.events if "row" in e} == {s.name for s in story.fleet.servers}


def test_the_run_does_nothing_that_was_not_shown(story: Story) -> None:
    """Every change was listed: as a change, or as known only when it is applied."""
    assert changes(story.run) <= steps(story.dry, "changed", "unknown")


def test_what_was_listed_is_done(story: Story) -> None:
    """Every listed change is made, on every host that did not fail before its turn came."""
    certain = {(e["host"], e["place"]) for e in story.dry.events if e.get("status") == "changed"}
    left = {(host, place) for host, place in certain - changes(story.run)}
    assert {host for host, _ in left} <= failed_hosts(story.run)


def test_every_host_that_can_be_remedied_is_well(story: Story) -> None:
    """By the lab's own records; the spokes of a hub that is not well are not expected to be."""
    servers = {server.name: server for server in story.fleet.servers}
    expected = {name for name, server in servers.items() if needs_no_person(server)}
    for name, server in servers.items():
        if server.site and server.site.role == "spoke" and server.site.hub not in expected:
            expected.discard(name)
    assert expected - story.well == set()


def test_every_other_host_says_why(story: Story) -> None:
    """A host is given up on just if it is not well, and the reason is one line."""
    assert failed_hosts(story.run) == {s.name for s in story.fleet.servers} - story.well
    for event in story.run.events:
        if event.get("status") == "failed" and not event["rescued"] and not event["ignored"]:
            assert event["message"]


def test_a_second_run_changes_nothing(story: Story) -> None:
    """The remedied hosts have nothing left to do, and the others are where they were."""
    assert {(h, p) for h, p in changes(story.again) if h in story.well} == set()
    assert story.again.statuses("changed") == set()
    assert failed_hosts(story.again) == failed_hosts(story.run)


def test_the_recheck_agrees_with_the_labs_records(story: Story) -> None:
    """It finds fault with just those servers that do not work, and changes none."""
    assert failed_hosts(story.recheck) == {s.name for s in story.fleet.servers} - story.sound
    assert story.recheck.statuses("changed") == set()
