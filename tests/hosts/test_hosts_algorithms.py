"""Servers of every age: old algorithms only where they are declared."""

import socket
from pathlib import Path

import pytest
from hosts_makers import LONG, MakeHost, refusal
from sshd import Sshd

from remediate.hosts.algorithms import make_transport

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


def test_key_exchanges_are_offered_by_their_cost() -> None:
    """curve25519 first; groups of the server's own, which take seconds, late; the weakest group last."""
    here, there = socket.socketpair()
    with here, there:
        kex = make_transport(here, legacy=True, known_kinds=()).get_security_options().kex
    assert kex[0].startswith("curve25519")
    assert [name for name in kex if "group" in name][-1] == "diffie-hellman-group1-sha1"
    assert "group-exchange" in kex[-2]
    assert kex.index("diffie-hellman-group14-sha1") < kex.index("diffie-hellman-group-exchange-sha256")
