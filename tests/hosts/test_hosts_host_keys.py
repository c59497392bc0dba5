"""Host keys: unknown, changed, accepted, and the kind that is known."""

import os
import subprocess
import threading
from pathlib import Path

import pytest
from hosts_makers import LONG, MakeHost
from sshd import Sshd, make_key

from remediate.errors import HostKeyRefused
from remediate.hosts.fleet import Fleet


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
