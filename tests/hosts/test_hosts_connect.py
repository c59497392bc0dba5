"""Connecting to real servers: host keys, logins, jump hosts, old algorithms, and every way to fail."""

import getpass
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from hosts_makers import MakeAccount, MakeHost
from sshd import Sshd, free_port, make_key

from remediate.errors import HostKeyRefused, Unreachable
from remediate.hosts.host import Fleet
from remediate.hosts.target import Secret

LONG = 30.0


def refusal(connect: MakeHost, target: object) -> str:
    """The one line that an unreachable host gives."""
    with pytest.raises(Unreachable) as caught:
        connect(target).ask(["true"], deadline=LONG)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.startswith("web1: ")
    assert "\n" not in message
    return message


def test_a_closed_port(server: Sshd, connect: MakeHost) -> None:
    """A refused connection is tried three times, and says where nobody listens."""
    message = refusal(connect, server.target(port=free_port()))
    assert "refused the connection (3 attempts)" in message


def test_a_name_that_does_not_resolve(server: Sshd, connect: MakeHost) -> None:
    """An unknown name is told as such."""
    assert "the name no-such-host.invalid does not resolve" in refusal(
        connect, server.target(address="no-such-host.invalid")
    )


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP socket that accepts and does nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def test_a_server_that_never_speaks(server: Sshd, connect: MakeHost, listener: socket.socket) -> None:
    """A connection that is accepted in silence is given up after the connect timeout."""
    target = server.target(port=listener.getsockname()[1], connect_timeout=0.3)
    assert "accepted the connection, but did not speak SSH within 0.3 s (3 attempts)" in refusal(
        connect, target
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
            with peer:
                peer.sendall(speech)
                peer.shutdown(socket.SHUT_WR)
                peer.settimeout(2)
                peer.recv(100)

    threading.Thread(target=serve, daemon=True).start()
    message = refusal(connect, server.target(port=listener.getsockname()[1], connect_timeout=3.0))
    listener.shutdown(socket.SHUT_RDWR)
    assert words in message


def test_a_wrong_user(server: Sshd, connect: MakeHost) -> None:
    """A refused login names the user and what was tried, and is not tried again."""
    message = refusal(connect, server.target(user="no-such-user"))
    assert f"the login as no-such-user was refused (tried: {server.client_key})" in message
    assert "attempts" not in message


def test_key_files_that_cannot_be_used(server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """A key file that is missing, encrypted or no key is named with the cure."""
    missing = refusal(connect, server.target(private_key=str(tmp_path / "none")))
    assert f"the key file {tmp_path}/none is not there" in missing
    locked = make_key(tmp_path / "locked", passphrase="secret")
    assert (
        f"encrypted, and the SSH agent does not have the key (load it into the agent: `ssh-add {locked}`)"
        in (refusal(connect, server.target(private_key=str(locked))))
    )
    assert "holds no private key" in refusal(connect, server.target(private_key=str(locked) + ".pub"))


def test_an_encrypted_key_in_the_agent(
    server: Sshd, connect: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encrypted key works when the agent has it."""
    locked = make_key(tmp_path / "locked", passphrase="secret")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(tmp_path / "agent")], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
        askpass = tmp_path / "askpass"
        askpass.write_text("#!/bin/sh\necho secret\n")
        askpass.chmod(0o700)
        monkeypatch.setenv("SSH_ASKPASS", str(askpass))
        limit = time.monotonic() + 5
        while not (tmp_path / "agent").exists() and time.monotonic() < limit:
            time.sleep(0.01)
        subprocess.run(["ssh-add", str(locked)], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        with Sshd(tmp_path / "sshd") as own:
            with (own.directory / "authorized_keys").open("a") as authorized:
                authorized.write(locked.with_suffix(".pub").read_text())
            host = connect(own.target(private_key=str(locked)))
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
    finally:
        agent.terminate()
        agent.wait()


def test_passwords(tmp_path: Path, connect: MakeHost, account: MakeAccount) -> None:
    """A password logs in, also where the server asks for it interactively; a wrong one is refused by name."""
    user = account("pass", password="letmein")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    plain = {"PasswordAuthentication": "yes"}
    asking = {"UsePAM": "yes", "KbdInteractiveAuthentication": "yes"}
    for number, options in enumerate((plain, asking)):
        with Sshd(tmp_path / str(number), options=options) as server:
            target = server.target(user=user, private_key=None, password=Secret("letmein"))
            assert connect(target).ask(["id -un"], deadline=LONG)[0].stdout == f"{user}\n".encode()
            wrong = server.target(user=user, private_key=None, password=Secret("wr0ng"))
            message = refusal(connect, wrong)
            assert "tried: password" in message
            assert "wr0ng" not in message


def test_an_unknown_host_key(server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """An unknown key is refused, its fingerprint and both cures are named, and nothing is written."""
    target = server.target(known_hosts=str(tmp_path / "known"))
    with pytest.raises(HostKeyRefused) as caught:
        connect(target).ask(["true"], deadline=LONG)
    message = str(caught.value)
    listed = subprocess.run(
        ["ssh-keygen", "-lf", str(server.host_keys[0]) + ".pub"], capture_output=True, text=True, check=True
    )
    assert listed.stdout.split()[1] in message
    assert "--accept-new-host-keys" in message
    assert f"ssh-keyscan -p {server.port} 127.0.0.1" in message
    assert not (tmp_path / "known").exists()


def test_a_changed_host_key(server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """Another key than the known one is refused even when new ones are accepted; the line is named."""
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    known = tmp_path / "known"
    known.write_text(f"# a comment\n[127.0.0.1]:{server.port} {other}")
    before = known.read_text()
    with pytest.raises(HostKeyRefused) as caught:
        connect(server.target(known_hosts=str(known), accept_new=True)).ask(["true"], deadline=LONG)
    assert f"{known}:2 knows it by ssh-ed25519" in str(caught.value)
    assert "ssh-keygen -R" in str(caught.value)
    assert known.read_text() == before


def test_new_host_keys_are_accepted_when_asked_for(server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """The first connection writes the key down once, though many connect at once."""
    known = tmp_path / "made" / "known"
    target = server.target(known_hosts=str(known), accept_new=True)
    threads = [
        threading.Thread(target=lambda: connect(target).ask(["true"], deadline=LONG)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known.read_text().count("\n") == 1
    assert known.parent.stat().st_mode & 0o777 == 0o700
    fleet = Fleet(ssh_config=os.devnull)
    host = fleet.host(server.target(known_hosts=str(known)))
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
    host.close()


def test_the_known_kind_of_key_is_asked_for(tmp_path: Path, connect: MakeHost) -> None:
    """A server with several keys shows the one that is known, be it the least modern."""
    with Sshd(tmp_path / "sshd", host_key_kinds=("ed25519", "ecdsa", "rsa")) as server:
        lines = server.known_hosts.read_text().splitlines(keepends=True)
        for line in lines:
            known = tmp_path / "known"
            known.write_text(line)
            host = Fleet(ssh_config=os.devnull).host(server.target(known_hosts=str(known)))
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
            host.close()


def test_a_jump_host_of_ssh_config(server: Sshd, tmp_path: Path) -> None:
    """HostName, Port, User, IdentityFile and ProxyJump of ssh_config lead there, all sharing one jump."""
    with Sshd(tmp_path / "jump", address="127.0.0.2") as jump:
        known = tmp_path / "known"
        known.write_text(jump.known_hosts.read_text() + server.known_hosts.read_text())
        config = tmp_path / "config"
        config.write_text(
            f"Host bastion\n  HostName 127.0.0.2\n  Port {jump.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {jump.client_key}\n"
            f"Host inner*\n  HostName 127.0.0.1\n  Port {server.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {server.client_key}\n  ProxyJump bastion\n"
            f"Host *\n  UserKnownHostsFile {known}\n"
        )
        fleet = Fleet(ssh_config=str(config), pause=0.01)
        free = {"port": None, "private_key": None, "known_hosts": None}
        hosts = [fleet.host(server.target(address=f"inner{number}", **free)) for number in (1, 2)]
        for host in hosts:
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        assert len(jump.sessions()) == 1
        dead = fleet.host(server.target(address="inner3", **{**free, "port": free_port()}))
        with pytest.raises(Unreachable, match=r"web1: the jump host cannot open a connection to 127.0.0.1:"):
            dead.ask(["true"], deadline=LONG)
        for host in hosts:
            host.close()
        fleet.close()


def test_a_dead_jump_host(server: Sshd, tmp_path: Path) -> None:
    """A jump host that does not answer is the reason for every host behind it, tried once for them all."""
    config = tmp_path / "config"
    config.write_text(f"Host *\n  ProxyJump root@127.0.0.2:{free_port('127.0.0.2')}\n")
    fleet = Fleet(ssh_config=str(config), pause=0.01)
    for name in ("web1", "web2"):
        with pytest.raises(Unreachable, match=f"{name}: the jump host 127.0.0.2: .* refused the connection"):
            fleet.host(server.target(name)).ask(["true"], deadline=LONG)


def test_an_ssh_config_that_is_not_valid(server: Sshd, tmp_path: Path) -> None:
    """A broken or missing ssh_config is one clear line."""
    config = tmp_path / "config"
    config.write_text("Host\n  nonsense\n")
    with pytest.raises(Unreachable, match="config is not valid"):
        Fleet(ssh_config=str(config)).host(server.target())
    with pytest.raises(Unreachable, match="cannot be read"):
        Fleet(ssh_config=str(tmp_path / "none")).host(server.target())


# What servers of each age speak, as far as today's sshd can still be made to.
AGES = {
    "OpenSSH 3.6, group1": (
        "diffie-hellman-group1-sha1",
        "ssh-rsa",
        "3des-cbc,aes128-cbc",
        "hmac-md5,hmac-sha1",
    ),
    "OpenSSH 3.6, gex": ("diffie-hellman-group-exchange-sha1", "ssh-rsa", "aes256-cbc", "hmac-sha1"),
    "OpenSSH 3.8-5.3": (
        "diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha256",
        "ssh-rsa",
        "aes128-ctr,aes128-cbc",
        "hmac-sha1",
    ),
    "OpenSSH 5.7": ("ecdh-sha2-nistp256", "ecdsa-sha2-nistp256,ssh-rsa", "aes128-ctr", "hmac-sha1"),
    "DSA only": ("diffie-hellman-group1-sha1", "ssh-dss", "3des-cbc", "hmac-sha1"),
}
MODERN = {
    "OpenSSH 5.9": ("ecdh-sha2-nistp256", "ecdsa-sha2-nistp256", "aes128-ctr", "hmac-sha2-256"),
    "OpenSSH 6.5": ("curve25519-sha256@libssh.org", "ssh-ed25519", "aes128-gcm@openssh.com", "hmac-sha2-512"),
    "OpenSSH 7.2": ("curve25519-sha256@libssh.org", "rsa-sha2-512", "aes256-ctr", "hmac-sha2-256"),
}
_KINDS = {"ssh-dss": "dsa", "ecdsa-sha2-nistp256,ssh-rsa": "ecdsa", "ecdsa-sha2-nistp256": "ecdsa"}


def aged(directory: Path, algorithms: tuple[str, str, str, str]) -> Sshd:
    """A server that speaks only these."""
    kex, keys, ciphers, macs = algorithms
    kind = _KINDS.get(keys, "ed25519" if "ed25519" in keys else "rsa")
    options = {
        "KexAlgorithms": kex,
        "HostKeyAlgorithms": keys,
        "Ciphers": ciphers,
        "MACs": macs,
        "RequiredRSASize": "1024",
    }
    return Sshd(directory, options=options, host_key_kinds=(kind,))


@pytest.mark.parametrize("age", AGES)
def test_old_servers_are_reached_only_when_declared(age: str, tmp_path: Path, connect: MakeHost) -> None:
    """With ssh_legacy the server is reached; without it the error says so."""
    with aged(tmp_path / "sshd", AGES[age]) as server:
        host = connect(server.target(legacy=True))
        assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        message = refusal(connect, server.target())
        assert "no common algorithm with" in message
        assert "`ssh_legacy: true`" in message


@pytest.mark.parametrize("age", MODERN)
@pytest.mark.parametrize("legacy", [False, True])
def test_newer_servers_are_reached_either_way(
    age: str, legacy: bool, tmp_path: Path, connect: MakeHost
) -> None:
    """What is not old needs no declaration, and does not mind one."""
    with aged(tmp_path / "sshd", MODERN[age]) as server:
        host = connect(server.target(legacy=legacy))
        assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_an_rsa_key_signs_as_the_server_likes_it(tmp_path: Path, connect: MakeHost) -> None:
    """A server of today takes an RSA key from a host declared as legacy as well as from others."""
    make_key(tmp_path / "sshd" / "client_key", "rsa")
    with Sshd(tmp_path / "sshd") as server:
        for legacy in (True, False):
            host = connect(server.target(legacy=legacy))
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


class OldServer(paramiko.ServerInterface):
    """Lets every key in and opens no session."""

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL


def test_an_rsa_key_signs_with_sha1_for_an_old_server(
    server: Sshd, connect: MakeHost, listener: socket.socket, tmp_path: Path
) -> None:
    """A server that knows no newer signatures, and lists none, is reached if it is declared legacy."""
    port = listener.getsockname()[1]
    rsa = make_key(tmp_path / "rsa", "rsa")

    def serve() -> None:
        for _ in range(2):
            transport = paramiko.Transport(
                listener.accept()[0],
                disabled_algorithms={"pubkeys": ["rsa-sha2-256", "rsa-sha2-512"]},
                server_sig_algs=False,
            )
            transport.add_server_key(paramiko.PKey.from_path(server.host_keys[0]))
            transport.start_server(server=OldServer())

    threading.Thread(target=serve, daemon=True).start()
    target = server.target(
        port=port, private_key=str(rsa), known_hosts=str(tmp_path / "known"), accept_new=True, legacy=True
    )
    assert "the server opened no further session" in refusal(connect, target)
    assert "was refused" in refusal(connect, replace(target, legacy=False))


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
        thread.join(10)
        assert not thread.is_alive()
    captured = capfd.readouterr()
    assert captured.err == ""
