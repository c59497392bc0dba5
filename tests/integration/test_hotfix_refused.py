"""The hot fix where it does not go well: refused, failing, broken off; the tasks come back when they may."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cases import has_a_past, lab_with
from commands import PLAYBOOKS, Done, remediate
from test_hotfix import server_in
from worlds import QUESTIONS

from remediate.bourne import quote
from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.draw import LabServer
from remediate.lab.servers import change_state
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.state import read_commands, read_state
from remediate.lab.surroundings import installed_build

QUICK = {"license_timeout": 8}
ENDED, LOADED = (
    [command.format(name) for name in ("smdreal", "smdmon", "smdsch")]
    for command in ("tell {} quit", "load {}")
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFleet]:
    """Forty servers; each test takes its own."""
    directory = tmp_path_factory.mktemp("refused") / "lab"
    yield lab_up(directory, hosts=40, seed=5, story="articles")
    lab_down(directory)


def install(tmp: Path, fleet: LabFleet, host: str, *options: str, **extra: object) -> Done:
    """Run it on one host."""
    line = ("run", PLAYBOOKS / "hotfix.yaml", "-i", fleet.paths.inventory, "-l", host)
    return remediate(tmp, *line, "-e", json.dumps({**QUICK, **extra}), *options)


def refusal(done: Done) -> str:
    """Why the one host failed."""
    (host,) = {host for host, _ in done.statuses("failed")}
    return [e["message"] for e in done.events if e.get("status") == "failed" and e["host"] == host][-1]


def orders(fleet: LabFleet, case: str) -> list[str]:
    """The console commands that were no questions."""
    return [c for c in read_commands(fleet.paths.of(server_in(fleet, case))) if c not in QUESTIONS]


def test_an_installer_that_fails_costs_nobody_the_protection(fleet: LabFleet, tmp_path: Path) -> None:
    """The reason is told, and the tasks that were ended for it run again on the build there was."""
    case = "certificate check off, not patched"
    paths = fleet.paths.of(server_in(fleet, case))
    build = installed_build(paths)
    done = install(tmp_path, fleet, paths.server.name, hotfix_command="echo no room for it >&2; exit 7")
    said = refusal(done)
    assert "The hot fix is installed: no room for it" in said
    assert "; smdreal runs; all tasks run that ran before; the build is whole" in said
    assert orders(fleet, case) == ENDED + LOADED
    assert read_state(paths).smdreal_running
    assert installed_build(paths) == build


def test_a_task_that_does_not_come_back_is_told(fleet: LabFleet, tmp_path: Path) -> None:
    """What counts is what the server answers: smdreal ends again, as its licence is expired."""
    case = "not renewed, smdreal running"
    paths = fleet.paths.of(server_in(fleet, case))
    done = install(tmp_path, fleet, paths.server.name, hotfix_build=99999, hotfix_command="exit 7")
    said = refusal(done)
    assert "MAIL IS NOT SCANNED: smdreal does not run; not loaded: smdreal; after 'load smdreal'" in said
    assert not read_state(paths).smdreal_running
    assert sorted(read_state(paths).tasks) == ["SMDmon", "SMDsch"]


def test_a_console_that_is_gone_leaves_it_open_what_runs(fleet: LabFleet, tmp_path: Path) -> None:
    """Nothing is said to run that was not seen to."""
    case = "renewed, smdreal running"
    paths = fleet.paths.of(server_in(fleet, case))
    gone = "mv {{ domino_program }}/bin/server {{ domino_program }}/bin/gone; exit 7"
    more = {"hotfix_build": 99999, "hotfix_command": gone, "license_retry_delay": 0}
    said = refusal(install(tmp_path, fleet, paths.server.name, **more))
    assert "whether MAIL IS SCANNED is NOT KNOWN" in said
    assert "is missing of smdreal, smdmon, smdsch; the console command could not be sent" in said


def test_what_was_broken_off_is_done_again_and_the_tasks_come_back(fleet: LabFleet, tmp_path: Path) -> None:
    """Past its deadline the installer is ended half way, and nothing is loaded; the next run mends both."""
    case = "SMLD 5.0"
    paths = fleet.paths.of(server_in(fleet, case))
    groups = yaml.safe_load(fleet.paths.inventory.read_text())["all"]["children"]
    command = groups["aix"]["hosts"][paths.server.name]["hotfix_command"]
    waits = tmp_path / "bin" / "sleep"  # what the installer calls half way
    waits.parent.mkdir()
    waits.write_text("#!/bin/sh\nexec /bin/sleep 300\n")
    waits.chmod(0o755)
    command = f"PATH={quote(str(waits.parent))}:$PATH; export PATH; {command}"
    done = install(tmp_path, fleet, paths.server.name, hotfix_command=command, hotfix_timeout=6)
    said = refusal(done)
    assert "MAIL IS NOT SCANNED: smdreal does not run; not loaded: smdreal, smdmon, smdsch; " in said
    assert "the installation may be incomplete, so nothing is loaded" in said
    assert paths.install_marker.exists()
    assert not read_state(paths).smdreal_running
    # Even where the vendor's own marker did not tell, the note that was left behind does.
    again = install(tmp_path, fleet, paths.server.name, hotfix_marker=str(paths.staging / "none"))
    assert again.code == 0, again.out
    assert installed_build(paths) == PATCHED_BUILD
    assert read_state(paths).smdreal_running
    assert orders(fleet, case) == ENDED + LOADED
    assert list(paths.staging.glob("remediate-*")) == []


def test_another_package_is_not_even_sent(fleet: LabFleet, tmp_path: Path) -> None:
    """A package without the vendor's sum is refused before a task is ended."""
    case = "trial key left"
    paths = fleet.paths.of(server_in(fleet, case))
    done = install(tmp_path, fleet, paths.server.name, hotfix_sha256="0" * 64, hotfix_build=99999)
    assert "is another file: its sha256 is" in refusal(done)
    assert orders(fleet, case) == []
    assert list(paths.staging.iterdir()) == []


def test_what_is_not_known_is_asked_for(fleet: LabFleet, tmp_path: Path) -> None:
    """Without its command, or its build on other platforms than OS/400, nothing is done."""
    inventory = yaml.safe_load(fleet.paths.inventory.read_text())
    aix, ibmi, solaris = (server_in(fleet, case).name for case in ("SMLD 5.0", "in grace", "patched"))
    for group in inventory["all"]["children"].values():
        for name, variables in group.get("hosts", {}).items():
            variables.pop("hotfix_build" if name in (aix, ibmi) else "hotfix_command", None)
    changed = tmp_path / "inventory.yaml"
    changed.write_text(yaml.safe_dump(inventory))
    gate = ("-C", "-t", "gate", "--skip-tags", "verify")
    line = ("run", PLAYBOOKS / "hotfix.yaml", "-i", changed, *gate, "-l")
    for host in (aix, solaris):
        assert "hotfix_command and hotfix_build" in refusal(remediate(tmp_path, *line, host))
    assert remediate(tmp_path, *line, ibmi).code == 0


def test_a_build_that_cannot_be_seen_is_no_success(fleet: LabFleet, tmp_path: Path) -> None:
    """With smd_build alone the run ends red, and says how the build is to be proven; then it is green."""
    server = next(s for s in fleet.servers if s.site and s.site.case == "build too old")
    inventory = yaml.safe_load(fleet.paths.inventory.read_text())
    for group in inventory["all"]["children"].values():
        for name, variables in group.get("hosts", {}).items():
            if name == server.name:
                variables["smd_build"] = installed_build(fleet.paths.of(server))
                del variables["smd_install_dir"]
    changed = tmp_path / "inventory.yaml"
    changed.write_text(yaml.safe_dump(inventory))
    line = ("run", PLAYBOOKS / "hotfix.yaml", "-i", changed, "-l", server.name)
    done = remediate(tmp_path, *line)
    assert "look it up in the console database, set smd_build to it" in refusal(done)
    assert installed_build(fleet.paths.of(server)) == PATCHED_BUILD
    again = remediate(tmp_path, *line, "-e", f"smd_build={PATCHED_BUILD}")
    assert (again.code, again.statuses("changed")) == (0, set())


def test_an_old_word_on_the_licence_excuses_nothing(tmp_path: Path) -> None:
    """Only what smdreal says after the hot fix tells why it does not stay loaded; here it says nothing."""

    def on_aix(server: LabServer) -> bool:
        return server.platform == "aix" and has_a_past(server)

    with lab_with(tmp_path, "renewed, smdreal running", on_aix) as one:
        assert "already expired" in one.paths.console_log.read_text()
        groups = yaml.safe_load(one.fleet.paths.inventory.read_text())["all"]["children"]
        command = groups["aix"]["hosts"][one.name]["hotfix_command"]
        more = {
            "hotfix_command": f"{command}; touch {quote(str(one.paths.install_marker))}",
            "hotfix_marker": str(one.paths.staging / "none"),
        }
        change_state(one.paths, lambda state: replace(state, tasks=()))
        done = one.run(PLAYBOOKS / "hotfix.yaml", "-e", json.dumps(more))
        assert "MAIL IS NOT SCANNED: the hot fix is installed, but not loaded again: smdreal" in refusal(done)
