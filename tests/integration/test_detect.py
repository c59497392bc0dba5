"""Detect and re-check on a fleet in all states that the two articles know, against the lab's own records."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import PLAYBOOKS, Done, remediate
from days import today

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import EXPIRES, PLATFORM, TRIAL, Documents, Store, duplicated, licences
from remediate.lab.draw import LabServer
from remediate.lab.site import GRACE_OVER, PATCHED_BUILD, TRIAL_LEFT
from remediate.lab.smdupd import download_fails
from remediate.lab.state import read_commands, read_state
from remediate.lab.surroundings import look_around

DETECT = PLAYBOOKS / "detect.yaml"
RECHECK = PLAYBOOKS / "recheck.yaml"
QUESTIONS = {"show tasks", "show server"}

GOOD = {
    "valid",
    "trial key left",
    "update fails on the old certificate",
    "certificate check off, not patched",
    "certificate check off, patched",
    "patched",
    "SMLD 5.0 on Windows",
    "SMLD 5.0",
    "SMID 5.6",
}
"""The cases in which the licence is good, and smdreal runs."""
REFUSED = {
    "no internet, old TMCM agent",
    "no internet, no TMCM agent",
    "no internet, TMCM agent on Windows, too old",
    "no internet, TMCM agent on Windows before its service pack",
}
"""The cases whose licence cannot be remedied as things are."""
UNDECIDED = {"duplicates: tie", "duplicates: unreadable expiry"}
DECIDED = {"duplicates: one renewed", "duplicates: three", "hub with duplicates"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """A fleet, one look at it, and what was on its disks before and after."""

    fleet: LabFleet
    day: date
    done: Done
    before: dict[str, bytes]
    after: dict[str, bytes]


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """Forty servers, looked at once; what a test does to one it undoes."""
    tmp = tmp_path_factory.mktemp("detect")
    fleet = lab_up(tmp / "lab", hosts=40, seed=5, story="articles")
    before, day = contents(fleet), today()
    done = remediate(tmp, "run", DETECT, "-i", fleet.paths.inventory)
    yield Look(fleet=fleet, day=day, done=done, before=before, after=contents(fleet))
    lab_down(fleet.paths.directory)


def contents(fleet: LabFleet) -> dict[str, bytes]:
    """Every file of every server, by path."""
    root = fleet.paths.directory / "hosts"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def rows(done: Done) -> dict[str, dict[str, Any]]:
    """The row of each host in the fleet's table."""
    return {event["host"]: event["row"] for event in done.events if "row" in event}


def documents(fleet: LabFleet, server: LabServer) -> Documents:
    """The server's documents."""
    return Store(fleet.paths.of(server).documents).read()


def expected_license(server: LabServer) -> str | None:
    """The remedy for the licence, by the name of the case; None if there is no help for it."""
    site = server.site
    assert site is not None
    # Without a word of the console the licence is not proven, and asked for.
    if site.case in GOOD and server.has_console_log:
        return ""
    if site.case in REFUSED or (site.case in UNDECIDED and site.http != "off"):
        return None
    if site.role == "spoke":
        return "pull"
    if site.case.startswith("no internet"):
        return "control-manager"
    if site.case.startswith("proxy"):
        return "proxy"
    if server.platform == "windows":
        return "" if site.case in GOOD else None
    return "grace" if site.case == GRACE_OVER else "online"


def expected_remedies(server: LabServer) -> list[str]:
    """All that is to be done on a server, in order."""
    site = server.site
    assert site is not None
    broken = site.case in {"hot fix interrupted", "build too old"}
    unpatched = site.affected(server.platform) and max(server.builds) < PATCHED_BUILD
    online = expected_license(server)
    return [
        *(["hotfix"] if broken or unpatched else []),
        *(["duplicates"] if site.case in (DECIDED if site.http != "off" else DECIDED | UNDECIDED) else []),
        *([online] if online else []),
        *(["trial-key"] if site.case == TRIAL_LEFT else []),
    ]


def test_each_server_gets_the_remedies_of_its_case(look: Look) -> None:
    """What detect names is what the lab's own records call for, and nobody fails."""
    assert look.done.code == 0, look.done.out + look.done.err
    found = {host: row["remedies"] for host, row in rows(look.done).items()}
    assert found == {server.name: expected_remedies(server) for server in look.fleet.servers}


def test_what_cannot_be_remedied_says_why_in_one_line(look: Look) -> None:
    """Just the hosts without help for the licence, and those with a line that a person put in."""
    refused = {host: row["cannot be remedied"] for host, row in rows(look.done).items()}
    by_hand = {
        s.name for s in look.fleet.servers if s.site and s.site.case.startswith("certificate check off")
    }
    helpless = {s.name for s in look.fleet.servers if expected_license(s) is None}
    assert {host for host, why in refused.items() if why} == by_hand | helpless
    assert all("\n" not in why for why in refused.values())
    told = {
        e["host"] for e in look.done.events if e.get("task") == "What cannot be remedied" and e["message"]
    }
    assert by_hand | helpless <= told


def test_the_days_left_are_those_of_the_last_licence(look: Look) -> None:
    """By the documents of the server's own platform."""
    for server in look.fleet.servers:
        site = server.site
        assert site is not None
        told = rows(look.done)[server.name]["documents"]
        if site.http == "off":
            assert told == "not known: domino_http is not given"
        else:
            days = (last_day_of(look.fleet, server) - look.day).days
            assert f"{days} days left" in told or f"expired {-days} days ago" in told


def test_looking_changes_nothing(look: Look) -> None:
    """No byte on any host but the console's answers, no console command but questions."""
    assert look.done.statuses("changed") == set()
    for path in look.before.keys() | look.after.keys():
        if path.endswith("console.log"):
            assert look.after[path].startswith(look.before.get(path, b"")), path
        else:
            assert look.after.get(path) == look.before.get(path), path
    for server in look.fleet.servers:
        commands = {command.partition(" >")[0] for command in read_commands(look.fleet.paths.of(server))}
        assert commands <= QUESTIONS


def test_the_table_has_every_host(look: Look) -> None:
    """In the inventory's order, below one title."""
    table = look.done.out.partition("\nWhat is the matter\n")[2].partition("\nRECAP")[0]
    names = {server.name for server in look.fleet.servers}
    shown = [line.split()[0] for line in table.splitlines() if line.split() and line.split()[0] in names]
    groups = yaml.safe_load(look.fleet.paths.inventory.read_text())["all"]["children"].values()
    assert shown == list(dict.fromkeys(name for group in groups for name in group["hosts"]))
    assert len(shown) == 40


def last_day_of(fleet: LabFleet, server: LabServer) -> date:
    """When the last licence of a server's own platform expires, by its documents."""
    found = licences(documents(fleet, server))
    return date.fromisoformat(max(e.fields[EXPIRES] for e in found if e.fields[PLATFORM] == server.platform))


def well(fleet: LabFleet, server: LabServer) -> bool:
    """Whether the lab's files say that nothing is the matter with a server, as far as anybody could see."""
    paths, site = fleet.paths.of(server), server.site
    assert site is not None
    state, around = read_state(paths), look_around(paths)
    assert around is not None
    if state.licence != "valid" or not state.smdreal_running or not server.has_console_log:
        return False
    if download_fails(server, around) or around.half_installed:
        return False
    if site.http == "off":
        return True
    found = documents(fleet, server)
    if duplicated(found) or licences(found, TRIAL):
        return False
    return last_day_of(fleet, server) >= today()


def test_the_recheck_agrees_with_the_labs_own_state(look: Look, tmp_path: Path) -> None:
    """It fails just where the state files show something wrong, and the failing hosts have their row, too."""
    done = remediate(tmp_path, "run", RECHECK, "-i", look.fleet.paths.inventory)
    assert {host for host, counts in done.recap.items() if counts["failed"]} == {
        server.name for server in look.fleet.servers if not well(look.fleet, server)
    }
    assert rows(done).keys() == {server.name for server in look.fleet.servers}
    assert done.statuses("changed") == set()


def test_the_recheck_warns_while_the_check_is_off_and_does_not_fail(look: Look, tmp_path: Path) -> None:
    """The patch is in, and a person's line is still there."""
    case = "certificate check off, patched"
    host = next(s.name for s in look.fleet.servers if s.site and s.site.case == case)
    words = ("run", RECHECK, "-i", look.fleet.paths.inventory, "-l", host, "-t", "certificate-check")
    done = remediate(tmp_path, *words)
    assert done.code == 0, done.out + done.err
    assert "it is off although the patch is in" in done.out
    assert "off although" in rows(done)[host]["certificate check"]


def one_of(fleet: LabFleet, case: str) -> LabServer:
    """A server of a case."""
    return next(server for server in fleet.servers if server.site and server.site.case == case)


def test_the_remedy_of_the_update_failure_is_the_operators_choice(look: Look, tmp_path: Path) -> None:
    """The first of the list that the variables allow; those that follow a failure need one in the log."""
    server = one_of(look.fleet, "update fails on the old certificate")
    words = ("run", DETECT, "-i", look.fleet.paths.inventory, "-l", server.name)

    def remedies(*choice: str, since: str = "2014-02-14") -> list[str]:
        extra = {"update_failure_remedies": list(choice), "update_failure_since": since}
        found: list[str] = rows(remediate(tmp_path, *words, "-e", json.dumps(extra)))[server.name]["remedies"]
        return [each for each in found if each != "online"]

    failed_in_log = server.has_console_log
    assert remedies("pattern", "hotfix") == (["pattern"] if failed_in_log else [])
    assert remedies("certificate-check-off") == (["certificate-check-off"] if failed_in_log else [])
    dated = server.log_date != "none"
    assert remedies("pattern", since="2034-01-01") == ([] if dated or not failed_in_log else ["pattern"])


@pytest.mark.parametrize(
    ("expiry", "told"),
    [
        ("2099-03-31T23:59:59.00+01:00", "1 too many, {} days left"),
        ("LAB: see the contract", "1 too many, an expiry cannot be read: is license_expires_format right?"),
    ],
)
def test_of_two_licences_the_one_that_is_hard_to_read_counts(
    look: Look, tmp_path: Path, expiry: str, told: str
) -> None:
    """A time beside the day hides nothing; and what cannot be read may be the last, so none is told."""
    server = next(s for s in look.fleet.servers if s.site and s.site.case == "valid" and s.site.http != "off")
    inventory = yaml.safe_load(look.fleet.paths.inventory.read_text())
    del inventory["all"]["vars"]["license_expires_format"]
    file = tmp_path / "inventory.yaml"
    file.write_text(yaml.safe_dump(inventory))
    days = (date(2099, 3, 31) - today()).days
    store = Store(look.fleet.paths.of(server).documents)
    drawn = store.read()
    (first, *_) = [one for one in licences(drawn) if one.fields[PLATFORM] == server.platform]
    other = replace(first, unid="F" * 32, fields={**first.fields, EXPIRES: expiry})
    store.edit(lambda mine: (*mine, other))
    try:
        done = remediate(tmp_path, "run", DETECT, "-i", file, "-l", server.name)
    finally:
        store.edit(lambda _: drawn)
    assert rows(done)[server.name]["documents"] == told.format(days)


def test_our_own_line_is_to_be_taken_out_again(look: Look, tmp_path: Path) -> None:
    """certificate-check-off's lines on a patched server are a remedy; once they are out there is none."""
    server = one_of(look.fleet, "patched")
    words = ("-i", look.fleet.paths.inventory, "-l", server.name)

    def remedies() -> list[str]:
        found: list[str] = rows(remediate(tmp_path, "run", DETECT, *words))[server.name]["remedies"]
        return [each for each in found if each != "online"]

    assert remedies() == []
    remediate(tmp_path, "run", PLAYBOOKS / "certificate-check-off.yaml", *words)
    assert remedies() == ["certificate-check-on"]
    remediate(tmp_path, "run", PLAYBOOKS / "certificate-check-on.yaml", *words)
    assert remedies() == []


def test_little_is_found_where_little_is_given_and_a_dead_console_fails_alone(
    look: Look, tmp_path: Path
) -> None:
    """With the two required variables alone nobody fails but the host whose console does not answer."""
    inventory = yaml.safe_load(look.fleet.paths.inventory.read_text())
    everything = inventory["all"]
    keep = ("ansible_", "ssh_", "domino_data", "domino_program", "domino_console")
    everything["vars"] = only(everything["vars"], keep)
    for group in everything["children"].values():
        group["vars"] = only(group.get("vars", {}), keep)
        group["hosts"] = {name: only(own or {}, keep) for name, own in group.get("hosts", {}).items()}
    dead = everything["children"]["aix"]["hosts"]
    broken = sorted(dead)[0]
    dead[broken]["domino_program"] = "/nowhere"
    file = tmp_path / "inventory.yaml"
    file.write_text(yaml.safe_dump(inventory))
    done = remediate(tmp_path, "run", DETECT, "-i", file, "-l", "aix:linux")
    assert {host for host, _ in done.statuses("failed")} == {broken}
    found = rows(done)
    assert set(found) == {s.name for s in look.fleet.servers if s.platform in ("aix", "linux")} - {broken}
    assert {row["build"] for row in found.values()} == {"not known"}
    assert all(row["remedies"] == [] for row in found.values())
    assert f"without a row: {broken}" in done.out


def only(variables: dict[str, Any], beginnings: tuple[str, ...]) -> dict[str, Any]:
    """Those whose names begin so."""
    return {name: value for name, value in variables.items() if name.startswith(beginnings)}
