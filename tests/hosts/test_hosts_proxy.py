"""ssh_config's ProxyCommand: the way to a real server, how it can fail, and that nothing of it is left."""

import contextlib
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from claims import until
from hosts_makers import LONG, refusal
from needs import require
from sshd import Sshd, is_gone

from remediate.errors import ConnectionLost, Unreachable
from remediate.hosts.fleet import Fleet
from remediate.hosts.host import SshHost
from remediate.hosts.routes import Routes
from remediate.hosts.target import Target

RELAY = """
import os, socket, sys, threading
line = socket.create_connection((sys.argv[1], int(sys.argv[2])))
open(sys.argv[3], "a").write(f"{os.getpid()}\\n")
def back():
    while data := line.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back).start()
while data := os.read(0, 65536):
    line.sendall(data)
os._exit(0)
"""
"""A program that a ProxyCommand may be: it writes its process id to a file."""


class Through(Protocol):
    """Makes hosts that are reached through a ProxyCommand."""

    def __call__(self, command: str, target: Target) -> SshHost: ...


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Through]:
    """Makes hosts that are reached through a ProxyCommand, and closes them afterwards."""
    with contextlib.ExitStack() as stack:

        def make(command: str, target: Target) -> SshHost:
            config = tmp_path / "config"
            config.write_text(f"Host *\n  ProxyCommand {command}\n")
            fleet = Fleet(ssh_config=str(config), pause=0.01)
            stack.callback(fleet.close)
            host = fleet.host(target)
            stack.callback(host.close)
            return host

        yield make


def relay(folder: Path) -> str:
    """A ProxyCommand that leads where it is told to; `pids` in the folder names its processes."""
    program = folder / "relay.py"
    program.write_text(RELAY)
    return shlex.join([sys.executable, str(program)]) + f" %h %p {shlex.quote(str(folder / 'pids'))}"


def pids(folder: Path) -> list[int]:
    """The processes that the relay was."""
    return [int(line) for line in (folder / "pids").read_text().split()]


def test_a_way_to_a_server(server: Sshd, through: Through, tmp_path: Path) -> None:
    """All that goes through it arrives, also much at once; %p is the inventory's port; it ends with us."""
    host = through(relay(tmp_path), server.target())
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
    much = host.ask(["dd if=/dev/zero bs=65536 count=64 2>/dev/null"], deadline=LONG)[0].stdout
    assert len(much) == 64 * 65536
    assert host.send("cksum", [bytes(1 << 20)], deadline=LONG).stdout.split()[1] == b"%d" % (1 << 20)
    host.close()
    [pid] = pids(tmp_path)
    assert is_gone(pid)
    assert not Path(f"/proc/{pid}").exists()  # it was waited for


def test_the_way_that_openssh_makes(server: Sshd, through: Through) -> None:
    """`ssh -W` with what a shell does with its words leads there."""
    require("ssh")
    command = (
        f"ssh -F none -o UserKnownHostsFile={server.known_hosts} -i {server.client_key} -p {server.port} "
        "-W %h:%p 127.0.0.1 2>/dev/null"
    )
    host = through(command, server.target())
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sh -c 'echo no route >&2; exit 255'", "the ProxyCommand ended with 255: no route (3 attempts)"),
        ("sh -c 'sleep 0.2; exit 3'", "the ProxyCommand ended with 3 (3 attempts)"),
        ("true", "the ProxyCommand ended with 0 (3 attempts)"),
        ("sh -c 'exec <&- >&-; sleep 0.1; exit 4'", "the ProxyCommand ended with 4 (3 attempts)"),
        ("sh -c 'kill -9 $$'", "the ProxyCommand was ended by signal 9 (3 attempts)"),
        (r"printf '\033[1m%s\n' bold >&2; false", "the ProxyCommand ended with 0: [1mbold (3 attempts)"),
        ("/etc/passwd", "the ProxyCommand ended with 126: "),
    ],
)
def test_one_that_ends(
    command: str, words: str, server: Sshd, through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told what it ended with and what it said, in one line, without what steers a terminal."""
    monkeypatch.setattr("remediate.hosts.proxies._SETTLING", LONG)  # it ends, sooner or later
    message = refusal(lambda target: through(command, target), server.target())
    assert words in message
    assert message.isprintable()
    assert "see ProxyCommand in ssh_config" in message


def test_one_that_is_not_found(server: Sshd, through: Through) -> None:
    """What is not there is not tried again."""
    message = refusal(lambda target: through("/no/such/program", target), server.target())
    assert "the ProxyCommand ended with 127: " in message
    assert "attempts" not in message


def test_one_that_says_much(server: Sshd, through: Through) -> None:
    """Its last lines are told, a long one by its length alone."""
    command = f"{shlex.quote(sys.executable)} -c " + shlex.quote(
        r"import sys; sys.stderr.write('gone\n' * 99999 + 'one\n' + 'x' * 500 + '\n\nthree\n'); sys.exit(1)"
    )
    message = refusal(lambda target: through(command, target), server.target())
    assert "the ProxyCommand ended with 1: one; 500 letters; three (3 attempts)" in message


def test_one_that_is_silent(
    server: Sshd,
    through: Through,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is given up at the deadline, and ended though it does not want to; what it said is not printed."""
    monkeypatch.setattr("remediate.hosts.host._ATTEMPTS", 1)
    pid_file = tmp_path / "pids"
    command = f"sh -c 'trap : TERM HUP; echo waiting >&2; echo $$ >>{pid_file}; while :; do sleep 1; done'"
    target = server.target(connect_timeout=8.0)
    message = refusal(lambda target: through(command, target), target)
    assert f"did not lead to 127.0.0.1:{server.port} within 8 s: waiting (" in message
    assert all(is_gone(pid) for pid in pids(tmp_path))
    assert capfd.readouterr().err == ""


def test_one_that_dies_at_work(server: Sshd, through: Through, tmp_path: Path) -> None:
    """A connection is lost with its ProxyCommand, and the next question opens it anew."""
    host = through(relay(tmp_path), server.target())
    host.ask([":"], deadline=LONG)
    [pid] = pids(tmp_path)
    begun = tmp_path / "begun"

    def kill() -> None:
        until(begun.exists)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(ConnectionLost, match="the connection was lost while it was at work"):
        host.ask([f": >{begun}; sleep 60"], deadline=LONG)
    thread.join()
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_a_login_that_is_refused_through_it(server: Sshd, through: Through, tmp_path: Path) -> None:
    """What the server says is told, not that the ProxyCommand ended after it."""
    command = relay(tmp_path)
    message = refusal(lambda target: through(command, target), server.target(user="no-such-user"))
    assert "the login as no-such-user was refused" in message


def test_what_stands_in_a_command(tmp_path: Path) -> None:
    """%h, %p, %r, %n and %% stand for what the connection is made with; no shell reads what they bring."""
    config = tmp_path / "config"
    config.write_text("Host *\n  Hostname %h.example.com\n  Port 1\n  ProxyCommand go %h %p %r %n 100%% %x\n")
    routes = Routes(str(config))
    target = Target(name="web", address="web", port=2222, user="ann")
    assert routes.find(target).proxy_command == "go web.example.com 2222 ann web 100% %x"
    with pytest.raises(Unreachable, match="cannot stand for %h"):
        routes.find(Target(name="web", address="web`id`"))
