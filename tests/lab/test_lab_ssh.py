import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest
from lab_clients import DEADLINE, alive, connect, finish, run, start, until

from remediate.lab.embedded import EmbeddedSshd
from remediate.lab.keys import read_public_key, write_key

MEGABYTES_10 = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def connection(fleet):
    """One connection for all commands that need none of their own."""
    with connect(fleet, fleet.servers[0]) as transport:
        yield transport


def feed(channel, data):
    """Send while the answer is read elsewhere."""

    def send():
        channel.sendall(data)
        channel.shutdown_write()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_a_command_runs_in_the_servers_world(connection, fleet, server):
    """Home directory and environment are those of the world, and nothing of the machine's own."""
    paths = fleet.paths.of(server)
    status, out, err = run(connection, "pwd; env | grep -v '^PWD=\\|^OLDPWD=\\|^_=\\|^SHLVL='")
    assert (status, err) == (0, b"")
    home, *environment = out.decode().splitlines()
    assert home == str(paths.home)
    assert sorted(environment) == sorted(f"{name}={value}" for name, value in paths.environment.items())


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_output_errors_and_status_come_back_apart(connection, status):
    """The client learns what was printed where, and how the command ended."""
    command = f"printf out; printf err >&2; exit {status}"
    assert run(connection, command) == (status, b"out", b"err")


@pytest.mark.parametrize(
    "text", ["it's", "a\nb", "$(id) `id` $HOME", "-n", "\u00fc\u20ac", 'say "x"', "tab\there"]
)
def test_a_hostile_command_arrives_unharmed(connection, text):
    """What is between the quotes is data, whatever is in it."""
    quoted = "'" + text.replace("'", "'\\''") + "'"
    assert run(connection, f"printf %s {quoted}") == (0, text.encode(), b"")


def test_ten_megabytes_go_both_ways_unharmed(connection):
    """Nothing is lost or turned around, however the windows fill."""
    data = os.urandom(MEGABYTES_10)
    channel = start(connection, "cat; echo done >&2")
    sender = feed(channel, data)
    status, out, err = finish(channel)
    sender.join()
    assert (status, err) == (0, b"done\n")
    assert out == data


def test_a_client_that_does_not_read_yet_loses_nothing(connection):
    """More than the window holds waits in the pipe until it is asked for."""
    slow = start(connection, "dd if=/dev/zero bs=65536 count=160 2>/dev/null; echo end")
    assert run(connection, "echo meanwhile") == (0, b"meanwhile\n", b"")
    status, out, _ = finish(slow)
    assert (status, len(out), out[-4:]) == (0, MEGABYTES_10 + 4, b"end\n")


def test_input_that_nobody_reads_is_no_harm(connection):
    """A command that ends without reading its input still gives its status."""
    channel = start(connection, "exec <&-; echo closed; exit 3")
    assert finish(channel)[:2] == (3, b"closed\n")


def test_a_persistent_shell_answers_line_by_line(connection):
    """A script can be sent in parts, each when the last one was answered, and the end of input ends it."""
    channel = start(connection, "exec sh")
    for number in range(20):
        channel.sendall(f"echo {number}; echo {number} >&2\n".encode())
        assert channel.recv(100) == f"{number}\n".encode()
        assert channel.recv_stderr(100) == f"{number}\n".encode()
    channel.shutdown_write()
    assert finish(channel) == (0, b"", b"")


def test_a_shell_without_a_command_reads_its_input(connection, server):
    """`ssh host < script` works."""
    channel = connection.open_session()
    channel.settimeout(DEADLINE)
    channel.invoke_shell()
    sender = feed(channel, b"uname\nexit 4\n")
    assert finish(channel) == (4, server.uname["s"].encode() + b"\n", b"")
    sender.join()


def test_a_killed_command_has_no_exit_status(connection):
    """Death by a signal is told as such, which clients show as no status."""
    assert run(connection, "kill -TERM $$") == (-1, b"", b"")


def test_many_connections_and_channels_at_once(fleet):
    """Twenty connections over all servers, each with several commands at once, all get their own answers."""

    def talk(number):
        server = fleet.servers[number % len(fleet.servers)]
        with connect(fleet, server) as transport:
            channels = [start(transport, f"cat; exit {n}") for n in range(5)]
            for n, channel in enumerate(channels):
                channel.sendall(f"{number}/{n}".encode() * 1000)
                channel.shutdown_write()
            return [finish(channel)[:2] for channel in channels]

    with ThreadPoolExecutor(20) as pool:
        for number, answers in enumerate(pool.map(talk, range(20))):
            assert answers == [(n, f"{number}/{n}".encode() * 1000) for n in range(5)]


def test_only_the_labs_key_and_user_get_in(fleet, server, tmp_path):
    """Another key is refused, and so is another user with the right key."""
    write_key(tmp_path / "other")
    other = paramiko.Ed25519Key(filename=str(tmp_path / "other"))
    for stranger in ({"key": other}, {"user": "nobody-of-the-lab"}):
        with pytest.raises(paramiko.AuthenticationException), connect(fleet, server, **stranger):
            pass


def test_each_server_has_its_own_host_key(fleet):
    """A server that answers on another's port is noticed."""
    keys = {line.split()[2] for line in fleet.paths.known_hosts.read_text().splitlines()}
    assert len(keys) == len(fleet.servers)


@pytest.fixture
def embedded(resting):
    """One embedded server in this very process; gives a function that connects to it."""
    fleet = resting
    paths = fleet.paths.of(fleet.servers[0])
    # As in the lab's own process: commands must not inherit that hang-ups are ignored (nohup does that).
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sshd = EmbeddedSshd(paths, user="me", authorized=read_public_key(fleet.paths.public_key))
    key = paramiko.Ed25519Key(filename=str(fleet.paths.private_key))

    def dial():
        here, there = socket.socketpair()
        sshd.serve(there)
        transport = paramiko.Transport(here)
        transport.connect(username="me", pkey=key)
        return transport

    yield dial
    sshd.close()
    signal.signal(signal.SIGHUP, before)


def open_descriptors():
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def lab_threads():
    """The threads that sessions and connections have, the embedded server's and its clients'."""
    threads = threading.enumerate()
    return {one for one in threads if one.name.startswith("lab-") or isinstance(one, paramiko.Transport)}


@pytest.mark.parametrize("command", ["true", "sleep 600", "sleep 600 & exit 3", "cat", "exec cat >/dev/null"])
def test_nothing_stays_when_the_client_goes(embedded, command):
    """Threads and descriptors are given back, whatever the command was about to do."""
    threads, descriptors = lab_threads(), open_descriptors()
    transport = embedded()
    for _ in range(3):
        start(transport, command)
    transport.close()
    until(lambda: lab_threads() <= threads, "the end of all threads")
    until(lambda: open_descriptors() <= descriptors, "the end of all descriptors")


@pytest.mark.parametrize("leave", ["channel", "connection"])
def test_a_hang_up_reaches_the_whole_process_group(embedded, resting, leave):
    """When channel or connection are closed, the command and its children get SIGHUP."""
    transport = embedded()
    channel = start(transport, "sleep 600 & trap 'echo hup > hup; exit' HUP; echo $!; wait")
    child = channel.recv(100).decode().strip()
    assert alive(child)
    (channel if leave == "channel" else transport).close()
    trace = resting.paths.of(resting.servers[0]).home / "hup"
    until(trace.exists, "the hang-up")
    trace.unlink()
    until(lambda: not alive(child), "the child's end")
    transport.close()
