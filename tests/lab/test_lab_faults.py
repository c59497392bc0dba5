import socket
from datetime import datetime, timedelta

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_clients import ask, connect, run, run_on, say, size, until

from remediate.errors import UsageError
from remediate.lab import lab_down, lab_up, texts
from remediate.lab.articles import draw_articles
from remediate.lab.faults import FAULTS, spread_faults
from remediate.lab.state import read_commands, read_state

SERVERS = [each.server for each in draw_articles(12, 0)]


@pytest.fixture
def up(tmp_path):
    """Brings up one server of the licence's story with faults; taken down at the end."""
    directory = tmp_path / "lab"

    def start(*faults, **options):
        fleet = lab_up(directory, hosts=1, not_renewed=0, faults=faults, **options)
        return fleet, fleet.servers[0]

    yield start
    if (directory / "run" / "lab.json").exists():
        lab_down(directory)


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1), st.integers(0, 1000))
def test_faults_are_spread_over_a_quarter_by_seed(kinds, seed):
    """The same seed hits the same servers, three of twelve for each kind."""
    spread = spread_faults(kinds, SERVERS, seed)
    assert spread == spread_faults(kinds, SERVERS, seed)
    for kind in FAULTS:
        assert sum(faults.has(kind) for faults in spread.values()) == (3 if kind in kinds else 0)


def test_a_fault_may_name_number_and_host():
    """One server alone, with a number of one's own."""
    name = SERVERS[2].name
    spread = spread_faults([f"cut:7@{name}"], SERVERS, 0)
    assert {server: dict(faults.numbers) for server, faults in spread.items() if faults.numbers} == {
        name: {"cut": 7}
    }


@pytest.mark.parametrize("fault", ["earthquake", "cut:x", "", "slow_host@nobody", "cut:1:2"])
def test_a_fault_that_is_none_is_refused(tmp_path, fault):
    """Before anything is written, with all faults there are or the servers' names."""
    with pytest.raises(UsageError) as caught:
        lab_up(tmp_path / "lab", hosts=2, faults=[fault])
    assert caught.value.cure
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("sshd", ["embedded", "openssh"])
def test_a_full_disk_takes_no_file(up, sshd):
    """Writing fails, reading and pipes go on."""
    fleet, server = up("full_disk", sshd=sshd)
    status, _, err = run_on(
        fleet, server, "echo x >file; test -s file && exit 7; echo y | cat >/dev/null; echo z >&2"
    )
    assert (status, err.splitlines()[-1]) == (0, b"z")
    assert size(fleet.paths.of(server).home / "file") == 0
    assert run_on(fleet, server, "echo out | cat")[1] == b"out\n"


def test_a_refusing_server_comes_back(up):
    """The first connections are closed without a word, the third is served."""
    fleet, server = up("refusing:2")
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
            assert sock.recv(4) == b""
    assert run_on(fleet, server, "true")[0] == 0


@pytest.mark.parametrize(("fault", "written"), [("cut:2", False), ("cut_after:2", True)])
def test_a_connection_is_cut_once(up, fault, written):
    """Before the second command or when the shell has it; the next connection is whole."""
    fleet, server = up(fault)
    file = fleet.paths.of(server).home / "file"
    with connect(fleet, server) as transport:
        assert run(transport, "true")[0] == 0
        try:
            status = run(transport, "trap '' HUP; echo x >file; sleep 60")[0]
        except (OSError, EOFError, paramiko.SSHException):
            status = -1
        assert status == -1
        until(lambda: not transport.is_active(), "the cut")
    assert run_on(fleet, server, "true")[0] == 0
    if written:
        until(file.exists, "what the shell had got")
    assert file.exists() is written


def test_a_silent_console_takes_commands(up):
    """They are noted, and the log does not grow."""
    fleet, server = up("silent_console")
    log = fleet.paths.of(server).console_log
    before = size(log)
    assert say(fleet, server, "show tasks")[0] == 0
    until(lambda: read_commands(fleet.paths.of(server)), "the command")
    assert size(log) == before


def test_a_failing_update_fails_in_lab_words(up):
    """A renewed licence stays as it was."""
    fleet, server = up("failing_update")
    state = read_state(fleet.paths.of(server))
    ask(
        fleet, server, "tell smdreal checkac" if state.smdreal_running else "load smdreal", texts.UPDATE_FAULT
    )
    assert read_state(fleet.paths.of(server)).licence == state.licence


def year_of_the_clock():
    """The year that a clock shows now which is 4000 days ahead."""
    return (datetime.now().astimezone() + timedelta(days=4000)).year


def test_a_wrong_clock_shows_in_the_consoles_dates(up):
    """The year of the answers is not this one."""
    fleet, server = up("clock_wrong:4000", seed=2)
    assert server.log_date != "none"
    years = [year_of_the_clock()]
    answer = ask(fleet, server, "load nonsense", "no program")
    years.append(year_of_the_clock())
    assert any(str(year) in answer for year in years)


def test_drift_comes_between_two_connections(up):
    """What the first client saw is not what the second finds."""
    fleet, server = up("drift:2")
    before = read_state(fleet.paths.of(server))
    run_on(fleet, server, "true")
    assert read_state(fleet.paths.of(server)) == before
    run_on(fleet, server, "true")
    assert read_state(fleet.paths.of(server)).smdreal_running is not before.smdreal_running


def test_a_slow_host_answers_late_but_answers(up):
    """Patience is all it takes."""
    fleet, server = up("slow_host:1")
    assert run_on(fleet, server, "echo here")[1] == b"here\n"
    ask(fleet, server, "show tasks", "Replicator")


def test_a_real_sshd_is_not_asked_to_cut(tmp_path):
    """What cannot be had is refused."""
    with pytest.raises(UsageError, match="real sshd"):
        lab_up(tmp_path / "lab", hosts=1, sshd="openssh", faults=["cut"])
