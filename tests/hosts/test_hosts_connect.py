"""Reaching real servers: every way to fail before the login, jump hosts, and what is left afterwards."""

import getpass
import os
import re
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from dead_servers import refusing
from hosts_makers import LONG, MakeHost, refusal
from sshd import Sshd

from remediate.engine.asking import persist
from remediate.errors import Unreachable
from remediate.hosts.fleet import Fleet
from remediate.hosts.host import SshHost
from remediate.hosts.routes import Routes
from remediate.hosts.target import Target


def test_a_closed_port(server: Sshd, connect: MakeHost) -> None:
    """A refused connection is tried three times, and says where nobody listens."""
    with refusing() as port:
        message = refusal(connect, server.target(port=port))
    assert "refused the connection (3 attempts)" in message


def test_a_name_that_does_not_resolve(server: Sshd, connect: MakeHost) -> None:
    """An unknown name is told as such."""
    assert "the name no-such-host.invalid does not resolve" in refusal(
        connect, server.target(address="no-such-host.invalid")
    )


def test_a_server_that_never_speaks(server: Sshd, connect: MakeHost, listener: socket.socket) -> None:
    """A connection that is accepted in silence is given up after the connect timeout."""
    target = server.target(port=listener.getsockname()[1], connect_timeout=0.3)
    message = refusal(connect, target)
    # How often it is tried within thrice the timeout is a matter of what else this machine does.
    assert re.search(
        r"accepted the connection, but did not speak SSH within 0\.3 s \([23] attempts\)", message
    )


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (b"", "hung up before it spoke SSH"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "hung up before it spoke SSH"),
        (b"SSH-1.5-OldServer\r\n", "speaks another version of SSH"),
        (b"SSH-2.0-Strange\r\n", "closed the connection before"),
    ],
)
def test_a_server_that_is_none(
    speech: bytes, words: str, server: Sshd, connect: MakeHost, listener: socket.socket
) -> None:
    """What hangs up, or speaks something else, is told apart."""

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, suppress(OSError):  # it may have hung up by now
                peer.sendall(speech)
                peer.shutdown(socket.SHUT_WR)
                peer.settimeout(LONG)
                peer.recv(100)

    threading.Thread(target=serve, daemon=True).start()
    message = refusal(connect, server.target(port=listener.getsockname()[1], connect_timeout=LONG))
    listener.shutdown(socket.SHUT_RDWR)
    assert words in message


def through_a_jump(jump: Sshd, server: Sshd, folder: Path) -> Path:
    """An ssh_config that leads to inner hosts through a jump host."""
    known = folder / "known"
    known.write_text(jump.known_hosts.read_text() + server.known_hosts.read_text())
    config = folder / "config"
    config.write_text(
        f"Host bastion\n  HostName 127.0.0.2\n  Port {jump.port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {jump.client_key}\n"
        f"Host inner*\n  HostName 127.0.0.1\n  Port {server.port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {server.client_key}\n  ProxyJump bastion\n"
        f"Host *\n  UserKnownHostsFile {known}\n"
    )
    return config


def answer_of(host: SshHost) -> bytes:
    """What it answers, though it may have to be asked again."""
    return persist(lambda seconds: host.ask(["echo on"], deadline=seconds), LONG)[0].stdout


FREE = {"port": None, "private_key": None, "known_hosts": None}
"""What a target leaves to ssh_config."""


def test_a_jump_host_of_ssh_config(server: Sshd, tmp_path: Path) -> None:
    """HostName, Port, User, IdentityFile and ProxyJump of ssh_config lead there, all sharing one jump."""
    with Sshd(tmp_path / "jump", address="127.0.0.2") as jump, refusing() as unused:
        fleet = Fleet(ssh_config=str(through_a_jump(jump, server, tmp_path)), pause=0.01)
        hosts = [fleet.host(server.target(address=f"inner{number}", **FREE)) for number in (1, 2)]
        for host in hosts:
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        assert len(jump.sessions()) == 1
        dead = fleet.host(server.target(address="inner3", **{**FREE, "port": unused}))
        with pytest.raises(Unreachable, match=r"web1: the jump host cannot open a connection to 127.0.0.1:"):
            dead.ask(["true"], deadline=LONG)
        for host in hosts:
            host.close()
        fleet.close()


def test_a_jump_host_that_comes_back(server: Sshd, tmp_path: Path) -> None:
    """All hosts behind it are reached again, also if it is away for a while."""
    with Sshd(tmp_path / "jump", address="127.0.0.2") as jump:
        fleet = Fleet(ssh_config=str(through_a_jump(jump, server, tmp_path)), pause=0.1)
        hosts = [fleet.host(server.target(address=f"inner{number}", **FREE)) for number in (1, 2, 3)]
        for host in hosts:
            host.ask([":"], deadline=LONG)
        sessions = jump.sessions()
        jump.stop()
        for each in sessions:
            with suppress(ProcessLookupError):  # it may have ended with the server
                os.kill(each, signal.SIGKILL)
        back = threading.Timer(2, jump.start)
        back.start()
        for host in hosts:
            assert answer_of(host) == b"on\n"
            host.close()
        back.join()
        fleet.close()


def test_a_dead_jump_host(server: Sshd, tmp_path: Path) -> None:
    """A jump host that does not answer is the reason for every host behind it, tried once for them all."""
    config = tmp_path / "config"
    with refusing("127.0.0.2") as port:
        config.write_text(f"Host *\n  ProxyJump root@127.0.0.2:{port}\n")
        fleet = Fleet(ssh_config=str(config), pause=0.01)
        for name in ("web1", "web2"):
            refused = f"{name}: the jump host 127.0.0.2: .* refused the connection"
            with pytest.raises(Unreachable, match=refused):
                fleet.host(server.target(name)).ask(["true"], deadline=LONG)


def test_an_ssh_config_that_is_not_valid(server: Sshd, tmp_path: Path) -> None:
    """A broken or missing ssh_config is one clear line."""
    config = tmp_path / "config"
    config.write_text("Host\n  nonsense\n")
    with pytest.raises(Unreachable, match="config is not valid"):
        Fleet(ssh_config=str(config)).host(server.target())
    with pytest.raises(Unreachable, match="cannot be read"):
        Fleet(ssh_config=str(tmp_path / "none")).host(server.target())


def test_no_thread_and_no_word_is_left(server: Sshd, capfd: pytest.CaptureFixture[str]) -> None:
    """After closing, the connection's thread ends, and nothing was printed by it."""
    fleet = Fleet(ssh_config=os.devnull)
    before = set(threading.enumerate())
    hosts = [fleet.host(server.target()) for _ in range(5)]
    for host in hosts:
        host.ask(["true"], deadline=LONG)
    started = set(threading.enumerate()) - before
    for host in hosts:
        host.close()
    for thread in started:
        thread.join(LONG)
        assert not thread.is_alive()
    captured = capfd.readouterr()
    assert captured.err == ""


def test_blocks_that_match_among_those_of_other_hosts(tmp_path: Path) -> None:
    """`Match` and `Host` blocks of ssh_config apply in their order, the first value of each kind."""
    config = tmp_path / "config"
    config.write_text(
        "Host other\n  Port 1\nMatch originalhost web*\n  Port 2200\nMatch originalhost other\n  User him\n"
        "Host web1 !web2\n  Port 3\n  User her\nHost *\n  User them\n"
    )
    routes = Routes(str(config))
    found = [routes.find(Target(name=name, address=name)) for name in ("web1", "web2", "other")]
    assert [(each.port, each.user) for each in found] == [(2200, "her"), (2200, "them"), (1, "him")]
