"""Gate and certificate check on a fleet in all states that the two articles know."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import PLAYBOOKS, remediate

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.person import edit_configuration
from remediate.lab.surroundings import check_is_off, installed_build

MINIMUM = {"aix": 3504, "solaris": 3540, "ibmi": 3620, "linux": 3100, "zlinux": 3100}
"""Article 1034726; 3100 is the lab's own value. On OS/400 the build shows the hot fix."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LabFleet]:
    """Forty servers."""
    directory = tmp_path / "lab"
    yield lab_up(directory, hosts=40, seed=3, story="articles")
    lab_down(directory)


def configurations(fleet: LabFleet) -> dict[str, bytes]:
    """Every server's configuration file, by path."""
    files = {fleet.paths.of(server).configuration for server in fleet.servers}
    return {str(file): file.read_bytes() for file in files}


@pytest.mark.parametrize("written", [(), ("-e", "smd_build=1"), ("-e", "smd_build=99999")])
def test_the_gate_refuses_just_the_builds_below_the_minimum(
    written: tuple[str, ...], fleet: LabFleet, tmp_path: Path
) -> None:
    """Below the article's minimum a server is refused, and told what to install; nothing is changed.

    What is installed counts, whatever build somebody has written down.
    """
    words = ("run", PLAYBOOKS / "gate.yaml", "-i", fleet.paths.inventory, "-l", "!windows")
    done = remediate(tmp_path, *words, *written)
    low = {
        server.name
        for server in fleet.servers
        if server.platform in MINIMUM and installed_build(fleet.paths.of(server)) < MINIMUM[server.platform]
    }
    assert low
    assert {host for host, _ in done.statuses("failed")} == low
    assert all("install" in e["message"] for e in done.events if e.get("status") == "failed")
    assert done.statuses("changed") == set()


def test_the_gate_takes_no_words_for_a_number(fleet: LabFleet, tmp_path: Path) -> None:
    """A placeholder that nobody has filled in is no minimum of nought."""
    words = ("run", PLAYBOOKS / "gate.yaml", "-i", fleet.paths.inventory, "-l", "linux")
    done = remediate(tmp_path, *words, "-e", "linux_minimum_build=ASK")
    linux = {server.name for server in fleet.servers if server.platform == "linux"}
    assert {host for host, _ in done.statuses("failed")} == linux
    assert all("set linux_minimum_build" in e["message"] for e in done.events if e.get("status") == "failed")


def test_the_check_goes_off_and_on_again(fleet: LabFleet, tmp_path: Path) -> None:
    """A dry run shows what the run does; on takes out exactly that, and leaves what others wrote."""
    off = ("run", PLAYBOOKS / "certificate-check-off.yaml", "-i", fleet.paths.inventory)
    unended = fleet.servers[1].name
    edit_configuration(fleet.paths.directory, unended, lambda text: text.removesuffix("\n"))
    before = configurations(fleet)
    dry = remediate(tmp_path, *off, "-C")
    assert configurations(fleet) == before
    wet = remediate(tmp_path, *off)
    assert wet.statuses("changed") == dry.statuses("changed") != set()
    assert [e["diff"] for e in _sorted(wet.events)] == [e["diff"] for e in _sorted(dry.events)]
    assert all(check_is_off(fleet.paths.of(server)) for server in fleet.servers)
    assert remediate(tmp_path, *off).statuses("changed") == set()

    name = fleet.servers[0].name
    edit_configuration(fleet.paths.directory, name, lambda text: text + "; LAB: a later remark\n")
    done = remediate(tmp_path, "run", PLAYBOOKS / "certificate-check-on.yaml", "-i", fleet.paths.inventory)
    after = configurations(fleet)
    differing = {path for path in after if after[path] != before[path]}
    assert len(differing) == 1
    changed = differing.pop()
    assert after[changed] == before[changed] + b"; LAB: a later remark\n"
    still_off = {s.name for s in fleet.servers if check_is_off(fleet.paths.of(s))}
    assert {host for host, _ in done.statuses("failed")} == still_off


def _sorted(events: list[dict[str, object]]) -> list[dict[str, object]]:
    changed = [event for event in events if event.get("status") == "changed"]
    return sorted(changed, key=lambda event: (str(event["host"]), str(event["place"])))
