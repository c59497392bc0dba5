"""No internet: a person deploys the licence from Control Manager; that it arrived is seen on the server."""

from pathlib import Path

import pytest
from cases import lab_with
from commands import PLAYBOOKS
from worlds import bytes_of, changes_between

from remediate.lab.person import deploy_license_profiles
from remediate.lab.state import read_commands

CONTROL_MANAGER = PLAYBOOKS / "control-manager.yaml"
QUICK = ("-e", "license_deploy_retries=1")
LOAD = "Start smdreal, again and again until the licence is there"
CAN = ("no internet, TMCM agent", "no internet, TMCM agent on Windows")
REFUSED = {
    "no internet, no TMCM agent": "no Control Manager agent that is known",
    "no internet, old TMCM agent": "build 3105, is older than 3232: install the latest ScanMail patch",
    "no internet, TMCM agent on Windows, too old": "build 3500, is older than 3528",
    "no internet, TMCM agent on Windows before its service pack": "install Service Pack 3 first",
}


@pytest.mark.parametrize("case", CAN)
def test_a_person_deploys_and_the_server_proves_it(case: str, tmp_path: Path) -> None:
    """The article's clicks are asked for; then smdreal runs with a good licence, and nothing is left."""
    with lab_with(tmp_path, case) as one:
        before = bytes_of(one.fleet)
        dry = one.run(CONTROL_MANAGER, *QUICK, "-C")
        assert dry.code == 0, dry.out
        assert changes_between(before, bytes_of(one.fleet)) == set()
        assert f"would ask    {one.name}  A person deploys the licence" in dry.out
        assert (one.name, LOAD) in dry.statuses("changed")
        done, asked = one.at_terminal(CONTROL_MANAGER, deploy_license_profiles, more=QUICK)
        assert done.code == 0, done.out
        assert one.is_well
        assert (one.name, LOAD) in done.statuses("changed")
        (asked_once,) = asked
        for words in (
            "Products > SMD",
            'Tasks > "Deploy licenses profiles" > Next > Deploy Now',
            "Command Details",
        ):
            assert words in asked_once.prompt
        again = one.run(CONTROL_MANAGER, *QUICK)
        assert again.code == 0, again.out
        assert again.statuses("changed") == set()


def test_a_deployment_that_did_not_arrive_is_no_success(tmp_path: Path) -> None:
    """The person says done, and the server still calls the licence expired: the run fails with its words."""
    with lab_with(tmp_path, CAN[0]) as one:
        done, asked = one.at_terminal(CONTROL_MANAGER, None, more=QUICK)
        assert (done.code, len(asked)) == (2, 1)
        assert "Activation Code already expired" in done.out
        assert "Command Details" in done.out
        assert not one.is_well


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_take_a_licence_is_refused_with_what_to_install(case: str, tmp_path: Path) -> None:
    """Nobody is sent to the Control Manager console in vain, and no command is sent."""
    with lab_with(tmp_path, case) as one:
        done, asked = one.at_terminal(CONTROL_MANAGER, more=QUICK)
        assert (done.code, asked) == (2, [])
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert REFUSED[case] in message
        assert {command.split(" >")[0] for command in read_commands(one.paths)} <= {
            "show tasks",
            "show server",
        }


def test_without_a_terminal_the_clicks_are_said(tmp_path: Path) -> None:
    """In one line."""
    with lab_with(tmp_path, CAN[0]) as one:
        done = one.run(CONTROL_MANAGER, *QUICK)
        assert done.code == 2
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert '"Deploy licenses profiles" > Next > Deploy Now' in message
        assert "\n" not in message


def test_another_route_is_passed_over(tmp_path: Path) -> None:
    """Nothing is asked of a server that updates itself."""
    with lab_with(tmp_path, "renewed, smdreal not loaded") as one:
        done = one.run(CONTROL_MANAGER, *QUICK)
        assert done.code == 0
        assert {e["status"] for e in done.events if e["event"] == "task"} == {"skipped"}
