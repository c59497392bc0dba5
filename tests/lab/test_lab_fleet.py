import os
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from lab_clients import alive, ask, bytes_below, run_on, say, until
from needs import require

from remediate.errors import RemediateError, UsageError
from remediate.lab import lab_down, lab_status, lab_up, texts
from remediate.lab.process import is_lab_process, lock_lab, release_lab
from remediate.lab.state import read_commands, read_state


@pytest.fixture
def directory(tmp_path):
    """Where a test may bring up a lab of its own; taken down at the end, if it is up."""
    yield tmp_path / "lab"
    if (tmp_path / "lab" / "run" / "lab.json").exists():
        lab_down(tmp_path / "lab")


def at_all_servers(fleet, look):
    """Do the same at every server, at the same time."""
    with ThreadPoolExecutor(len(fleet.servers)) as pool:
        assert len(list(pool.map(look, fleet.servers))) == len(fleet.servers)


def test_the_inventory_has_what_a_playbook_needs(fleet):
    """Every variable is there and names something that exists; Linux alone has the lab's minimum build."""
    everything = yaml.safe_load(fleet.paths.inventory.read_text())["all"]
    assert set(everything["children"]) == {"linux", "zlinux", "aix", "solaris"}
    ports = {server.name: server.port for server in fleet.servers}
    for name, group in everything["children"].items():
        assert group["vars"]["smd_platform"] == name
        assert ("linux_minimum_build" in group["vars"]) is (name in {"linux", "zlinux"})
        for host, own in group["hosts"].items():
            assert own["ansible_port"] == ports.pop(host)
            for directory in ("domino_data", "domino_program", "smd_install_dir"):
                assert Path(own[directory]).is_dir()
                assert own[directory].startswith(str(fleet.paths.hosts / host) + "/")
    assert not ports
    for file in ("ansible_ssh_private_key_file", "ssh_known_hosts"):
        assert Path(everything["vars"][file]).is_file()


def test_plain_ssh_gets_in_with_what_the_inventory_says(fleet, server):
    """No client of ours is needed; the host key is checked."""
    require("ssh")
    key, known_hosts = (
        str(path).replace("%", "%%") for path in (fleet.paths.private_key, fleet.paths.known_hosts)
    )
    command = ["ssh", "-F", "none", "-p", str(server.port)]
    for option in (
        f'IdentityFile="{key}"',
        f'UserKnownHostsFile="{known_hosts}"',
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
    ):
        command += ["-o", option]
    done = subprocess.run(
        [*command, f"{fleet.user}@127.0.0.1", "uname -n; cat; exit 5"],
        input=b"input",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, f"{server.name}\ninput".encode())


def test_a_query_adds_to_the_console_log_and_nothing_else(fleet):
    """No byte of a world changes when its console is asked, but the end of the log."""

    def look(server):
        paths = fleet.paths.of(server)
        before, state = bytes_below(paths.world), read_state(paths)
        log = str(paths.console_log.relative_to(paths.world))
        ask(fleet, server, "show tasks", "SMDmon")
        ask(fleet, server, "show server", "Pending mail")
        after = bytes_below(paths.world)
        assert after.pop(log).startswith(before.pop(log, b""))
        assert after == before
        assert read_state(paths) == state
        assert read_commands(paths)[-2:] == ["show tasks", "show server"]

    at_all_servers(fleet, look)


@pytest.mark.parametrize("sshd", ["embedded", "openssh"])
def test_every_licence_goes_the_way_the_article_says(directory, sshd):
    """Running: checkac; not running: load. The renewed ones get valid, the others say why and stay."""
    fleet = lab_up(directory, sshd=sshd, seed=3)

    def renew(server):
        paths = fleet.paths.of(server)
        before = read_state(paths)
        command = "tell smdreal checkac" if before.smdreal_running else "load SMDReal"
        last = texts.UPDATE_SUCCESSFUL if before.renewed_on_portal else texts.UPDATE_FAILED
        answer = ask(fleet, server, command, last)
        assert texts.UPDATE_STARTED in answer
        expired_said = not before.smdreal_running and before.licence == "expired"
        assert (texts.ALREADY_EXPIRED in answer) is expired_said
        if before.renewed_on_portal:
            assert read_state(paths) == replace(before, licence="valid", smdreal_running=True)
        else:
            assert read_state(paths) == before

    at_all_servers(fleet, renew)


def test_commands_to_one_server_are_answered_in_their_order(fleet, server):
    """A console does one thing after the other, however fast they are sent."""
    paths = fleet.paths.of(server)
    answers = [f"unknown console command 'frob{number}'" for number in range(5)]
    for number in range(4):
        say(fleet, server, f"frob{number}")
    ask(fleet, server, "frob4", answers[-1])
    log = paths.console_log.read_text()
    places = [log.rindex(answer) for answer in answers]
    assert places == sorted(places)


def test_up_status_and_down(directory):
    """Every server answers when `up` returns, none when `down` does, and the files stay."""
    fleet = lab_up(directory, hosts=3)
    status = lab_status(directory)
    assert [(one.name, one.port, one.up) for one in status] == [(s.name, s.port, True) for s in fleet.servers]
    before = bytes_below(fleet.paths.hosts)
    assert lab_down(directory)
    assert [one.up for one in lab_status(directory)] == [False] * 3
    assert bytes_below(fleet.paths.hosts) == before
    assert not lab_down(directory)


def test_up_again_finds_the_lab_as_it_was_left(directory):
    """Ports, host keys and licences are the former ones, so that an inventory stays good."""
    fleet = lab_up(directory, hosts=1, not_renewed=0)
    server = fleet.servers[0]
    command = "tell smdreal checkac" if read_state(fleet.paths.of(server)).smdreal_running else "load smdreal"
    ask(fleet, server, command, texts.UPDATE_SUCCESSFUL)
    inventory, known_hosts = fleet.paths.inventory.read_bytes(), fleet.paths.known_hosts.read_bytes()
    lab_down(directory)
    again = lab_up(directory, hosts=1, not_renewed=0)
    assert (again.paths.inventory.read_bytes(), again.paths.known_hosts.read_bytes()) == (
        inventory,
        known_hosts,
    )
    assert lab_status(directory)[0].licence == "valid"
    assert run_on(again, server, "true")[0] == 0


def test_down_ends_what_sessions_have_left_and_nobody_else(directory):
    """A command that runs on in a world ends with the lab; a neighbour of the same kind does not."""
    fleet = lab_up(directory, hosts=1)
    with subprocess.Popen(["sleep", "600"]) as neighbour:
        left = "nohup sleep 600 </dev/null >/dev/null 2>&1 & echo $!"
        pid = run_on(fleet, fleet.servers[0], left)[1].decode().strip()
        assert alive(pid)
        lab_down(directory)
        until(lambda: not alive(pid), "the end of the command")
        assert neighbour.poll() is None
        neighbour.kill()


def test_up_twice_is_refused(directory):
    """A lab that is up stays as it is."""
    fleet = lab_up(directory, hosts=1)
    with pytest.raises(UsageError, match="up already"):
        lab_up(directory, hosts=1)
    assert run_on(fleet, fleet.servers[0], "true")[0] == 0


def test_a_stale_pid_is_never_killed(directory):
    """When the lab's process has died, its number may be another's."""
    fleet = lab_up(directory, hosts=1)
    os.kill(int(fleet.paths.pid.read_text()), signal.SIGKILL)
    release_lab(until(lambda: lock_lab(fleet.paths), "the end of the lab"))
    with subprocess.Popen(["sleep", "600"]) as other:
        fleet.paths.pid.write_text(f"{other.pid}\n")
        assert not lab_down(directory)
        assert other.poll() is None
        other.kill()
    assert run_on(lab_up(directory, hosts=1), fleet.servers[0], "true")[0] == 0


def test_another_process_is_not_ended_even_while_the_lock_is_held(resting):
    """Lock and number are not written at one moment, so the number alone is never believed."""
    lock = lock_lab(resting.paths)
    with subprocess.Popen(["sleep", "600"]) as other:
        resting.paths.pid.write_text(f"{other.pid}\n")
        assert not is_lab_process(resting.paths, other.pid)
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(lab_down, resting.paths.directory)
            assert not wait([ended], timeout=0.2).done
            release_lab(lock)
            assert ended.result(timeout=60)
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("change", [{"hosts": 2}, {"seed": 1}, {"not_renewed": 1}])
def test_another_lab_in_the_same_place_is_refused(resting, change):
    """Numbers other than those the lab was drawn with are a mistake, not a wish to lose it."""
    with pytest.raises(UsageError, match="another lab") as caught:
        lab_up(resting.paths.directory, **{"hosts": 1, **change})
    assert next(iter(change)) in caught.value.what


def test_a_directory_with_something_else_is_refused(tmp_path):
    """Nothing is written among a user's own files."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        lab_up(tmp_path)
    assert list(bytes_below(tmp_path)) == ["thesis.txt"]


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path):
    """A path that cannot be a directory is a user's mistake, told without a traceback."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="no lab can be made"):
        lab_up(tmp_path / "file")


@pytest.mark.parametrize("function", [lab_status, lab_down])
def test_where_no_lab_is_there_is_nothing_to_say_or_end(tmp_path, function):
    """Status and down of a directory that never was a lab are refused."""
    with pytest.raises(UsageError, match="no lab"):
        function(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_port_that_was_taken_meanwhile_is_named(directory):
    """A lab keeps its ports; if one is taken, the error says which."""
    port = lab_up(directory, hosts=1).servers[0].port
    lab_down(directory)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        with pytest.raises(UsageError, match=f"port {port}"):
            lab_up(directory, hosts=1)


def test_a_missing_sshd_is_told_with_its_cure(directory, monkeypatch):
    """Whoever asks for the real sshd is told how to get it."""
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UsageError) as caught:
        lab_up(directory, sshd="openssh")
    assert "apt-get install openssh-server" in caught.value.cure
    assert not directory.exists()


def test_a_lab_that_dies_says_its_last_words(directory):
    """What the process wrote before its end is in the error."""
    fleet = lab_up(directory, hosts=1)
    lab_down(directory)
    fleet.paths.of(fleet.servers[0]).host_key.write_text("no key")
    with pytest.raises(RemediateError, match="not a valid OPENSSH private key"):
        lab_up(directory, hosts=1)
