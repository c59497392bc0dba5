"""A fleet that is looked at again and again: what breaks is new, still so, and fixed when it is remedied."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import One, lab_with, web
from commands import PLAYBOOKS, Done, remediate
from days import today
from worlds import QUESTIONS, all_commands, bytes_of, changes_between

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import EXPIRES
from remediate.lab.person import edit_license
from remediate.lab.state import read_state, write_state
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.playbook.model import each_task
from remediate.recheck.gathering import CONNECTION

RECHECK, RENEWAL = PLAYBOOKS / "recheck.yaml", PLAYBOOKS / "license-renewal.yaml"
RUNS, DAYS = "smdreal runs, and the licence is good", "Days of licence left"


@dataclass(frozen=True)
class Looks:
    """Looks at a fleet, one after another."""

    fleet: LabFleet
    tmp: Path

    def look(self, *words: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
        """The exit code, and what was found by host and check."""
        file = self.tmp / "found.json"
        done = self.remediate("recheck", RECHECK, "--json", file, *words)
        assert "Traceback" not in done.err
        told = json.loads(file.read_text())
        return done.code, {(each["host"], each["check"]): each for each in told["findings"]}

    def remediate(self, *words: str | Path) -> Done:
        """Any command on the fleet."""
        return remediate(self.tmp, *words, "-i", self.fleet.paths.inventory)


def changes(found: dict[tuple[str, str], dict[str, Any]], change: str) -> set[tuple[str, str]]:
    """Host and check of what has changed so."""
    return {key for key, each in found.items() if each["change"] == change}


@pytest.fixture(params=["embedded", "openssh"])
def looks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Looks]:
    """Four servers that are well."""
    fleet = lab_up(tmp_path / "lab", hosts=4, seed=3, sshd=request.param, not_renewed=0)
    made = Looks(fleet, tmp_path)
    try:
        assert made.remediate("run", RENEWAL, "-e", "failure_budget=100").code == 0
        yield made
    finally:
        lab_down(fleet.paths.directory)


def test_a_host_that_breaks_is_new_then_still_then_fixed(looks: Looks) -> None:
    """Nothing is changed by looking; the remedy is the playbook's, and only it makes the host well."""
    server = looks.fleet.servers[1]
    paths, name = looks.fleet.paths.of(server), server.name
    code, found = looks.look()
    assert (code, changes(found, "new")) == (0, set()), found
    assert {host for host, _ in found} == {each.name for each in looks.fleet.servers}
    sent = all_commands(looks.fleet)
    write_state(paths, replace(read_state(paths), smdreal_running=False))
    before = bytes_of(looks.fleet)
    code, found = looks.look()
    assert (code, changes(found, "new")) == (2, {(name, RUNS)})
    assert found[name, RUNS]["message"].startswith("smdreal does not run")
    since = found[name, RUNS]["since"]
    code, found = looks.look()
    assert (code, changes(found, "still"), changes(found, "new")) == (2, {(name, RUNS)}, set())
    assert found[name, RUNS]["since"] == since
    assert changes_between(before, bytes_of(looks.fleet)) == set()
    assert set(all_commands(looks.fleet) - sent) <= QUESTIONS
    assert looks.remediate("run", RENEWAL, "-l", name).code == 0
    code, found = looks.look()
    assert (code, changes(found, "fixed")) == (0, {(name, RUNS)})


@pytest.fixture
def valid(tmp_path: Path) -> Iterator[One]:
    """A server that is well, whose licence documents can be read."""
    with lab_with(tmp_path, "valid", web("basic")) as one:
        yield one


def test_a_renewed_licence_is_watched_until_it_expires(valid: One) -> None:
    """With twelve days left it is a warning, with five critical; when it is renewed again that is over."""
    looks = Looks(valid.fleet, valid.tmp)
    name = valid.name

    def expires_in(days: int) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
        until = today() + timedelta(days)
        edit_license(valid.fleet.paths.directory, name, {EXPIRES: until.isoformat()})
        return looks.look("-l", name, "-t", "documents")

    code, found = expires_in(400)
    assert (code, {each["severity"] for each in found.values()}) == (0, {"ok"}), found
    code, found = expires_in(12)
    assert (code, changes(found, "new")) == (2, {(name, DAYS)})
    days = found[name, DAYS]
    assert (days["severity"], days["message"]) == ("warning", "12 d, below 30")
    assert days["figure"] == {"value": 12, "unit": "d", "warning": 30, "critical": 7}
    done = looks.remediate("recheck", RECHECK, "-l", name, "-t", "documents", "--monitoring")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("WARNING - recheck: 1 host, ")
    assert done.out.endswith(f"'{DAYS}'=12;30:;7:\n")
    done = looks.remediate("run", RECHECK, "-l", name, "-t", "documents")
    assert (done.code, f"warning      {name}  {DAYS}: 12 d" in done.out) == (0, True)
    code, found = expires_in(5)
    assert (found[name, DAYS]["severity"], found[name, DAYS]["change"]) == ("critical", "new")
    code, found = expires_in(400)
    assert (code, changes(found, "fixed")) == (0, {(name, DAYS)})


def test_a_certificate_check_that_stays_off_is_a_warning(tmp_path: Path) -> None:
    """The patch is in, and a person's line is still there; a run fails nothing for it."""
    with lab_with(tmp_path, "certificate check off, patched") as one:
        code, found = Looks(one.fleet, tmp_path).look("-l", one.name, "-t", "certificate-check")
        assert code == 2
        off = found[one.name, "The certificate check is on where it can be"]
        assert (off["severity"], off["change"]) == ("warning", "new")
        assert "it is off although the patch is in" in off["message"]


def test_every_assertion_is_a_check_of_its_own(tmp_path: Path) -> None:
    """One that does not hold leaves the others to be looked at; without its variables a host says so."""
    with lab_with(tmp_path, "trial key left", web("basic")) as one:
        looks = Looks(one.fleet, tmp_path)
        write_state(one.paths, replace(one.state, smdreal_running=False))
        _, found = looks.look("-l", one.name)
        bad = {check for (_, check), each in found.items() if each["severity"] == "critical"}
        assert bad >= {RUNS, "One valid licence for each platform, and no trial key"}
        (play,) = load_playbook(RECHECK, Catalog().names())
        checks = {task.name for task in each_task(play.tasks) if Catalog().module(task.module).check}
        assert {check for _, check in found} == {*checks, CONNECTION}
        code, found = looks.look("-l", one.name, "-e", "domino_data=ASK", "--name", "asked")
        assert code == 2
        assert found[one.name, "The server's console can be asked"]["verdict"] == "drifted"
