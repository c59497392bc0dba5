"""The console of every platform, on a simulated fleet: asked, commanded, and its log read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import PLAYBOOKS, Done, remediate
from days import today

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.state import read_commands, read_state

HOSTS = (
    *("aix01", "aix02", "solaris01", "solaris01p2", "zlinux01", "zlinux03", "linux02", "linux03"),
    *("ibmi01", "ibmi02", "ibmi03", "windows01", "windows03"),
)
"""Some of each platform: with a start script, two partitions, no log yet, moved logs, each form of dates."""

COMMAND = "tell it's quit"
CONSOLE = {
    "data": "{{ domino_data }}",
    "console": "{{ domino_console | default(omit) }}",
    "console_log": "{{ domino_console_log | default(omit) }}",
}
SERVER = {**CONSOLE, "program": "{{ domino_program }}"}
TASKS = [
    {"name": "Ask", "domino_tasks": SERVER, "register": "asked"},
    {
        "name": "Right server",
        "assert": {"that": ["'router' in asked.names", "asked.server_directory == domino_data"]},
    },
    {"name": "Before", "domino_log": {**CONSOLE, "contains": ["TASK IT'S IS"]}, "register": "before"},
    {
        "name": "Command",
        "domino_command": {
            **SERVER,
            "command": COMMAND,
            "success": "task it's is not running",
            "timeout": 20,
        },
        "register": "reply",
    },
    {"name": "Its line", "assert": {"that": ["'it' in reply.line", "reply.line in reply.lines"]}},
    {"name": "Read", "domino_log": {**CONSOLE, "contains": ["TASK IT'S IS"]}, "register": "found"},
    {"name": "Found again", "assert": {"that": ["found.last == reply.line"]}},
    {
        "name": "Read since today",
        "domino_log": {
            **CONSOLE,
            "contains": ["smdupd", "task it's is"],
            "since": "{{ today }}",
            "date_format": "{{ domino_log_date_format }}",
        },
        "register": "recent",
    },
    {"name": "Nothing older", "assert": {"that": ["recent.lines == found.lines[-1:]"]}},
    {
        "name": "Read since long ago",
        "domino_log": {
            **CONSOLE,
            "contains": ["smdupd"],
            "since": "2014-02-14",
            "date_format": "{{ domino_log_date_format }}",
        },
        "register": "older",
    },
    {"name": "All of the past", "domino_log": {**CONSOLE, "contains": ["smdupd"]}, "register": "past"},
    {"name": "The same", "assert": {"that": ["older.lines == past.lines"]}},
    {
        "name": "Read what is new",
        "domino_log": {
            **CONSOLE,
            "contains": ["smdupd", "task it's is"],
            "since_offset": "{{ before.offset }}",
        },
        "register": "new",
    },
    {"name": "Just the answer", "assert": {"that": ["new.lines == [reply.line]", "not new.anew"]}},
]

SMDMON = {**SERVER, "name": "smdmon"}
LOADED = [
    {"name": "End", "domino_task": {**SMDMON, "state": "unloaded"}},
    {"name": "Load", "domino_task": SMDMON},
    {"name": "Ask", "domino_tasks": SERVER, "register": "asked"},
    {"name": "It is there", "assert": {"that": ["'smdmon' in asked.names"]}},
]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LabFleet]:
    """Forty servers of all platforms."""
    directory = tmp_path / "lab"
    yield lab_up(directory, hosts=40, seed=4, story="articles")
    lab_down(directory)


def carry_out(fleet: LabFleet, tmp: Path, *options: str) -> Done:
    """The tasks above; on servers without dates in their logs, the three that need them are not there."""
    dated = "domino_log_date_format is defined"
    tasks = [dict(task, when=dated) if number in (7, 8, 9, 11) else task for number, task in enumerate(TASKS)]
    values = {"today": str(today())}
    playbook = tmp / "consoles.yaml"
    playbook.write_text(yaml.safe_dump([{"name": "C", "hosts": "all", "vars": values, "tasks": tasks}]))
    words = ("run", playbook, "-i", fleet.paths.inventory, "-l", ",".join(HOSTS))
    return remediate(tmp, *words, *options)


def test_every_console_takes_a_command_and_its_log_is_read(fleet: LabFleet, tmp_path: Path) -> None:
    """A dry run only asks, each in its platform's way; then the command arrives as it is, quote and all."""
    asked = carry_out(fleet, tmp_path, "-C")
    assert asked.code == 0, asked.out + asked.err
    assert asked.statuses("changed") == {(host, "Command") for host in HOSTS}
    for server in fleet.servers:
        commands = {command.split(" >")[0] for command in read_commands(fleet.paths.of(server))}
        assert commands == ({"show tasks", "show server"} if server.name in HOSTS else set()), server.name
    done = carry_out(fleet, tmp_path)
    assert done.code == 0, done.out + done.err
    for server in fleet.servers:
        sent = read_commands(fleet.paths.of(server)).count(COMMAND)
        assert sent == (1 if server.name in HOSTS else 0), server.name
    assert list(fleet.paths.directory.rglob("answer.*")) == []


def test_every_console_loads_and_ends_tasks(fleet: LabFleet, tmp_path: Path) -> None:
    """A dry run knows which tasks there will be; the run does what it listed, each command once."""
    whole = [server for server in fleet.servers if server.site and server.site.case != "hot fix interrupted"]
    hosts = {server.name for server in whole} & {*HOSTS}
    loaded = {server.name for server in whole if read_state(fleet.paths.of(server)).tasks} & hosts
    assert loaded
    assert loaded != hosts
    playbook = tmp_path / "tasks.yaml"
    playbook.write_text(yaml.safe_dump([{"name": "T", "hosts": "all", "tasks": LOADED}]))
    words = ("run", playbook, "-i", fleet.paths.inventory, "-l", ",".join(hosts))
    dry, done = remediate(tmp_path, *words, "-C"), remediate(tmp_path, *words)
    listed = {(host, "Load") for host in hosts} | {(host, "End") for host in loaded}
    for each in (dry, done):
        assert each.code == 0, each.out + each.err
        assert each.statuses("changed") == listed
        assert {host for host, task in each.statuses("ok") if task == "It is there"} == hosts
    for server in fleet.servers:
        sent = [each for each in read_commands(fleet.paths.of(server)) if "smdmon" in each]
        expected = ["tell smdmon quit"] * (server.name in loaded) + ["load smdmon"] * (server.name in hosts)
        assert sent == expected, server.name
    assert list(fleet.paths.directory.rglob("answer.*")) == []


def test_the_recheck_reads_every_console(fleet: LabFleet, tmp_path: Path) -> None:
    """With `domino_console` in the inventory, a playbook that comes along reads all platforms."""
    words = ("run", PLAYBOOKS / "recheck.yaml", "-i", fleet.paths.inventory, "-l", ",".join(HOSTS))
    done = remediate(tmp_path, *words)
    asked = {"Which tasks the Domino server runs", "What the console last said about the licence"}
    assert {(host, task) for host, task in done.statuses("ok") if task in asked} == {
        (host, task) for host in HOSTS for task in asked
    }, done.out + done.err
