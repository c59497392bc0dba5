"""Duplicate licences are deleted on a fleet in all states: by the rule, saved first, on the hub alone."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from at_terminal import Asked, at_terminal
from commands import PLAYBOOKS, Done, remediate
from worlds import Bytes, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import EXPIRES, PLATFORM, Documents, Store, duplicated, licences, living
from remediate.lab.drawdocuments import RENEWED_UNTIL
from remediate.lab.person import delete_license
from remediate.lab.state import read_commands

DUPLICATES = PLAYBOOKS / "duplicates.yaml"
QUICK = (
    "-e",
    "license_timeout=6",
    "-e",
    "license_retry_delay=0",
    "-e",
    "replication_done='LAB: finished with'",
)
CONSOLE = ("-e", "license_timeout=6", "-e", "license_retry_delay=0")
DELETED = "The duplicates are deleted, each saved first"
REFUSED = {"duplicates: tie", "duplicates: unreadable expiry"}


@dataclass(frozen=True, kw_only=True)
class Story:
    """From the dry run to the second run."""

    fleet: LabFleet
    before: Bytes
    after_dry: Bytes
    drawn: dict[str, Documents]
    left: dict[str, Documents]
    dry: Done
    run: Done
    again: Done
    asked: list[Asked]

    def of(self, *cases: str, http: bool = True) -> set[str]:
        """The servers of these cases, with HTTP or without."""
        return {
            server.name
            for server in self.fleet.servers
            if server.site and server.site.case in cases and (server.site.http != "off") == http
        }


def documents(fleet: LabFleet) -> dict[str, Documents]:
    """All documents of every server."""
    return {server.name: Store(fleet.paths.of(server).documents).read() for server in fleet.servers}


def own_backup_dir(fleet: LabFleet, tmp: Path) -> Path:
    """The fleet's inventory, where each host says for itself where backups go, and nothing of staging."""
    inventory = yaml.safe_load(fleet.paths.inventory.read_text())
    for group in inventory["all"]["children"].values():
        for variables in group["hosts"].values():
            if "staging_dir" in variables:
                variables["license_backup_dir"] = variables.pop("staging_dir") + "/license-backup"
    file = tmp / "inventory.yaml"
    file.write_text(yaml.safe_dump(inventory))
    return file


@pytest.fixture(scope="module", params=[16, 32])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Forty servers; of those with duplicates some give JSON and some XML, by all logins and certificates."""
    tmp = tmp_path_factory.mktemp("duplicates")
    fleet = lab_up(tmp / "lab", hosts=40, seed=request.param, story="articles")
    others = [
        server.name
        for server in fleet.servers
        if server.site
        and server.site.http == "off"
        and not server.site.hub
        and "dupl" not in server.site.case
    ]
    limit = ",".join(["all", *(f"!{name}" for name in others)])
    words = ("run", DUPLICATES, "-i", own_backup_dir(fleet, tmp), "-l", limit, *QUICK)

    def person(asked: Asked) -> list[str]:
        for name in asked.hosts:
            mine = licences(documents(fleet)[name])
            for one in mine:
                if len(mine) > 1 and one.fields[EXPIRES] != RENEWED_UNTIL:
                    delete_license(fleet.paths.directory, name, one.unid)
        return ["done\n"]

    try:
        drawn, before = documents(fleet), bytes_of(fleet)
        dry = remediate(tmp, *words, "-C")
        after_dry = bytes_of(fleet)
        run, asked = at_terminal(tmp, *words, person=person)
        left = documents(fleet)
        again, _ = at_terminal(tmp, *words, person=person)
        yield Story(
            fleet=fleet,
            before=before,
            after_dry=after_dry,
            drawn=drawn,
            left=left,
            dry=dry,
            run=run,
            again=again,
            asked=asked,
        )
    finally:
        lab_down(fleet.paths.directory)


def test_a_dry_run_changes_no_document_and_no_byte(story: Story) -> None:
    """Only console logs grow, by answers."""
    assert changes_between(story.before, story.after_dry) == set()


def test_the_run_deletes_just_what_the_dry_run_named(story: Story) -> None:
    """Servers by themselves: the same changes, letter by letter; on the hub a pull comes first."""
    alone = story.of("duplicates: three", "duplicates: one renewed")
    assert alone

    def changes(done: Done) -> set[tuple[str, str, str]]:
        return {
            (e["host"], e["task"], e["diff"])
            for e in done.events
            if e.get("status") == "changed" and e["host"] in alone
        }

    assert changes(story.run) == changes(story.dry) != set()
    (hub,) = story.of("hub with duplicates")
    assert (hub, "Pull from each spoke") in story.dry.statuses("changed")
    assert (hub, DELETED) in story.dry.statuses("unknown")
    assert {(host, DELETED) for host in alone | {hub}} == {
        (host, task) for host, task in story.run.statuses("changed") if task == DELETED
    }


def test_the_renewed_licence_stays_and_the_others_are_saved(story: Story) -> None:
    """One licence per platform is left; what is gone lies on the server for its owner alone."""
    for name in story.of("duplicates: three", "duplicates: one renewed", "hub with duplicates"):
        paths = story.fleet.paths.of(next(s for s in story.fleet.servers if s.name == name))
        was, now = licences(story.drawn[name]), licences(story.left[name])
        assert not duplicated(story.left[name])
        assert {one.fields[PLATFORM] for one in now} == {one.fields[PLATFORM] for one in was}
        gone = {one.unid for one in was} - {one.unid for one in now}
        assert gone
        assert RENEWED_UNTIL not in {one.fields[EXPIRES] for one in was if one.unid in gone}
        assert {one.unid for one in living(story.drawn[name])} - gone == {
            one.unid for one in living(story.left[name])
        }
        saved = {file.stem: file for file in (paths.staging / "license-backup").iterdir()}
        assert set(saved) == gone
        for one in was:
            if one.unid in gone:
                assert stat.S_IMODE(saved[one.unid].stat().st_mode) == 0o600
                assert one.fields[EXPIRES] in saved[one.unid].read_text()


def test_a_hub_pulls_before_it_deletes_and_a_spoke_is_left_alone(story: Story) -> None:
    """Each spoke is pulled from; spokes are told where it is done."""
    (hub,) = story.of("hub with duplicates")
    spokes = {s.name for s in story.fleet.servers if s.site and s.site.hub == hub}
    commands = {
        server.name: read_commands(story.fleet.paths.of(server))
        for server in story.fleet.servers
        if server.name in {hub, *spokes}
    }
    assert {c for c in commands[hub] if c.startswith("pull")} == {
        f'pull "{spoke}/Lab" smd/smconf.nsf' for spoke in spokes
    }
    assert all(commands[spoke] == [] for spoke in spokes)
    said = {
        e["host"]: e["message"] for e in story.run.events if e.get("task") == "Nothing is deleted on a spoke"
    }
    assert all(hub in said[spoke] for spoke in spokes)


def test_what_the_rule_cannot_tell_is_refused_and_shown(story: Story) -> None:
    """A tie or an unreadable expiry: both documents in one line, and nothing is deleted."""
    refused = story.of(*REFUSED)
    assert refused
    for done in (story.dry, story.run, story.again):
        for event in done.events:
            if event.get("status") == "failed" and event["host"] in refused:
                both = {one.unid for one in licences(story.drawn[event["host"]])}
                assert len(both) == 2
                assert all(unid in event["message"] for unid in both)
                assert "\n" not in event["message"]
        assert refused <= {host for host, _ in done.statuses("failed")}
    assert all(story.left[name] == story.drawn[name] for name in refused)


def test_where_http_is_off_a_person_deletes_and_the_update_is_the_proof(story: Story) -> None:
    """The prompt names the hosts and where to look; a licence that then updates speaks for it."""
    by_hand = story.of("duplicates: one renewed", "duplicates: three", http=False)
    assert by_hand
    assert {host for one in story.asked for host in one.hosts} == by_hand
    assert all("Administration > Product" in one.prompt and "Ctrl-D" in one.prompt for one in story.asked)
    proven = {
        host for host, task in story.run.statuses("ok") if task == "The licence is updated and smdreal runs"
    }
    assert by_hand <= proven


def test_a_second_run_changes_nothing(story: Story) -> None:
    """And nobody is asked again about a server whose licence is good."""
    assert story.again.statuses("changed") == set()
    assert documents(story.fleet) == story.left


def test_without_a_terminal_it_is_said_what_was_to_be_done(tmp_path: Path) -> None:
    """One line for each server that a person would have to look at."""
    fleet = lab_up(tmp_path / "lab", hosts=40, seed=16, story="articles")
    try:
        done = remediate(tmp_path, "run", DUPLICATES, "-i", fleet.paths.inventory, *CONSOLE, "-l", "ibmi04")
    finally:
        lab_down(fleet.paths.directory)
    assert done.code == 2
    (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
    assert "Administration > Product" in message
    assert "\n" not in message


def test_a_document_that_somebody_edits_meanwhile_is_not_deleted(tmp_path: Path) -> None:
    """What has changed since it was read stays; the next run looks anew."""
    fleet = lab_up(tmp_path / "lab", hosts=40, seed=16, story="articles", faults=("somebody_edits@ibmi03",))
    words = ("run", DUPLICATES, "-i", fleet.paths.inventory, *CONSOLE, "-l", "ibmi03")
    try:
        drawn = documents(fleet)["ibmi03"]
        done = remediate(tmp_path, *words)
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert "has changed since it was read" in message
        assert len(licences(documents(fleet)["ibmi03"])) == len(licences(drawn)) == 3
        runs = 1
        while done.code and runs < 3:  # each of the two that go is edited once
            done, runs = remediate(tmp_path, *words), runs + 1
        assert done.code == 0, done.out
        assert len(licences(documents(fleet)["ibmi03"])) == 1
    finally:
        lab_down(fleet.paths.directory)
