"""known_hosts files: every form of an entry, as OpenSSH reads it."""

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import HostKeyRefused
from remediate.hosts.known_hosts import KnownHosts, host_name

KEY = base64.b64encode(b"key one").decode()


def known(tmp_path: Path, text: str) -> KnownHosts:
    """The entries of a file with this text."""
    file = tmp_path / "known_hosts"
    file.write_text(text)
    return KnownHosts([file, tmp_path / "missing"])


MATCHES = [
    ("web1", "web1", True),
    ("WEB1", "web1", True),
    ("web1,10.0.0.1", "10.0.0.1", True),
    ("web1", "[web1]:2222", False),
    ("[web1]:2222", "[web1]:2222", True),
    ("[web1]:2222", "web1", False),
    ("web*", "web12", True),
    ("web?", "web12", False),
    ("*,!web1", "web1", False),
    ("!web1,*", "web2", True),
    ("[*]:2222", "[web1]:2222", True),
    ("w.b1", "web1", False),
]


@pytest.mark.parametrize(("names", "name", "expected"), MATCHES)
def test_names_match_as_in_openssh(names: str, name: str, expected: bool, tmp_path: Path) -> None:
    """Lists, ports, wildcards and negations mean what sshd(8) says."""
    assert bool(known(tmp_path, f"{names} ssh-ed25519 {KEY} comment\n").find(name)) is expected


def test_hashed_names_are_found(tmp_path: Path) -> None:
    """What `ssh-keygen -H` hashed is found under its name, and under no other."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    file = tmp_path / "known_hosts"
    file.write_text("web1,[web2]:2222 " + (tmp_path / "key.pub").read_text())
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    assert "web1" not in file.read_text()
    hosts = KnownHosts([file])
    assert hosts.find("web1")
    assert hosts.find("[web2]:2222")
    assert not hosts.find("web2")


def test_a_revoked_key_is_refused(tmp_path: Path) -> None:
    """A key marked as revoked is refused even where another line knows it."""
    hosts = known(tmp_path, f"web1 ssh-ed25519 {KEY}\n@revoked * ssh-ed25519 {KEY}\n")
    with pytest.raises(HostKeyRefused, match="revoked"):
        hosts.check("web1", "ssh-ed25519", b"key one", accept_new=True)


def test_what_is_no_entry_is_passed_over(tmp_path: Path) -> None:
    """Comments, authorities and broken lines are no keys of a host."""
    text = f"# web1 ssh-ed25519 {KEY}\n@cert-authority * ssh-ed25519 {KEY}\n"
    text += "web1 ssh-ed25519 not-base64!\nweb1\n|1|x\n|1|x|y ssh-ed25519 AAAA\n"
    assert not known(tmp_path, text).find("web1")


def test_a_new_key_is_added_to_a_file_without_a_last_newline(tmp_path: Path) -> None:
    """The new entry gets a line of its own, and is known from then on."""
    hosts = known(tmp_path, f"web1 ssh-ed25519 {KEY}")
    hosts.check("web2", "ssh-ed25519", b"key two", accept_new=True)
    hosts.check("web2", "ssh-ed25519", b"key two", accept_new=False)
    assert len((tmp_path / "known_hosts").read_text().splitlines()) == 2
    with pytest.raises(HostKeyRefused, match="known_hosts:2 knows it"):
        hosts.check("web2", "ssh-ed25519", b"key three", accept_new=True)


@given(text=st.text())
def test_any_file_can_be_read(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in the file, reading it and looking a name up fails for no line."""
    file = tmp_path_factory.getbasetemp() / "any_known_hosts"
    file.write_text(text, encoding="utf-8", errors="replace")
    KnownHosts([file]).find("web1")


def test_the_name_has_the_port_unless_it_is_22() -> None:
    """Names are made as ssh makes them."""
    assert host_name("Web1", 22) == "web1"
    assert host_name("web1", 2222) == "[web1]:2222"
