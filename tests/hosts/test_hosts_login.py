"""Logging in to real servers: keys, the SSH agent, passwords, and what an RSA key signs with."""

import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from claims import until
from hosts_makers import LONG, MakeAccount, MakeHost, refusal
from sshd import Sshd, make_key

from remediate.hosts.target import Secret


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


def test_keys_that_others_may_read(
    server: Sshd, connect: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named one is refused with the cure; a usual one is passed over, and told where nothing else helps."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    usual = tmp_path / ".ssh" / "id_ed25519"
    usual.parent.mkdir()
    usual.write_bytes(server.client_key.read_bytes())
    usual.chmod(0o640)
    words = f"the private key {usual} is not used: its mode 0640 is not for its owner alone"
    assert refusal(connect, server.target(private_key=str(usual))) == f"web1: {words} (chmod 600 {usual})"
    unnamed = refusal(connect, server.target(private_key=None))
    assert "the login as " in unnamed
    assert f"; {words}) (chmod 600 {usual}; or name a key" in unnamed
    (usual.parent / "id_rsa").write_bytes(server.client_key.read_bytes())
    (usual.parent / "id_rsa").chmod(0o600)
    assert connect(server.target(private_key=None)).ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


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
        until(lambda: subprocess.run(["ssh-add", "-l"], capture_output=True, check=False).returncode != 2)
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


def test_an_rsa_key_signs_as_the_server_likes_it(tmp_path: Path, connect: MakeHost) -> None:
    """A server of today takes an RSA key from a host declared as legacy as well as from others."""
    make_key(tmp_path / "sshd" / "client_key", "rsa")
    with Sshd(tmp_path / "sshd") as server:
        for legacy in (True, False):
            host = connect(server.target(legacy=legacy))
            assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_an_rsa_key_signs_with_sha1_where_the_server_takes_nothing_else(
    tmp_path: Path, connect: MakeHost
) -> None:
    """A server that lists newer signatures and takes none of them is reached if it is declared legacy."""
    make_key(tmp_path / "sshd" / "client_key", "rsa")
    with Sshd(tmp_path / "sshd", options={"PubkeyAcceptedAlgorithms": "ssh-rsa"}) as server:
        host = connect(server.target(legacy=True))
        assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        assert "was refused" in refusal(connect, server.target())
        both = f"(tried: {server.client_key}, {server.client_key} with SHA-1;"
        assert both in refusal(connect, server.target(legacy=True, user="no-such-user")).replace(")", ";")


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
