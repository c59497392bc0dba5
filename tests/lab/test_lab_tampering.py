"""Faults in the worlds themselves, felt by every command of a session and by a playbook's run over SSH."""

import os
import socket
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import PLAYBOOKS, remediate
from lab_clients import run_on

from remediate.errors import UsageError
from remediate.lab import faults, lab_down, lab_up
from remediate.lab.articleworld import SOMEBODYS_LINE
from remediate.lab.surroundings import CHECK_LINE

SSHDS = pytest.mark.parametrize("sshd", ["embedded", "openssh"])
CHECK_OFF = PLAYBOOKS / "certificate-check-off.yaml"
TASK = "The line is in the configuration, with a comment until when"


@contextmanager
def lab(tmp_path, *asked, sshd="embedded"):
    """A lab of the articles' story with two partitions on one machine, solaris01."""
    fleet = lab_up(tmp_path / "lab", hosts=8, story="articles", sshd=sshd, faults=asked)
    try:
        yield fleet, {server.name: (server, fleet.paths.of(server)) for server in fleet.servers}
    finally:
        lab_down(fleet.paths.directory)


def switch_off(tmp_path, fleet, name, *more):
    """A run of the playbook that edits ScanMail's configuration, on one server."""
    return remediate(tmp_path, "run", CHECK_OFF, "-i", fleet.paths.inventory, "-l", name, *more)


def failure(done):
    """What the one failed task says."""
    (message,) = [event["message"] for event in done.events if event.get("status") == "failed"]
    return message


@SSHDS
def test_a_read_only_configuration_takes_nothing(tmp_path, sshd):
    """No way of writing leads into it, for whoever runs the lab; other files and hosts are free."""
    with lab(tmp_path, "read_only@linux01", sshd=sshd) as (fleet, servers):
        server, paths = servers["linux01"]
        before = paths.configuration.read_bytes()
        file = f"'{paths.configuration}'"
        for way in (f"echo x >>{file}", f"echo x >n && mv -f n {file}", f"rm -f {file}", f": >{file}.new"):
            assert run_on(fleet, server, way)[0] != 0, way
        assert paths.configuration.read_bytes() == before
        assert run_on(fleet, server, f"cat {file}; echo x >'{paths.staging}/free'") == (0, before, b"")
        other, others_paths = servers["aix01"]
        assert run_on(fleet, other, f"echo >>'{others_paths.configuration}'")[0] == 0


def test_a_run_says_that_the_configuration_cannot_be_written(tmp_path):
    """The change fails in the server's words, leaves nothing, and comes in when the lab is up without it."""
    with lab(tmp_path, "read_only@linux01") as (fleet, servers):
        _, paths = servers["linux01"]
        before = sorted(paths.configuration.parent.iterdir()), paths.configuration.read_bytes()
        done = switch_off(tmp_path, fleet, "linux01")
        assert done.code == 2
        assert "ermission denied" in failure(done)
        assert (sorted(paths.configuration.parent.iterdir()), paths.configuration.read_bytes()) == before
    assert os.access(paths.configuration, os.W_OK)
    assert paths.configuration.parent.stat().st_mode & 0o777 == 0o755
    with lab(tmp_path) as (fleet, _):
        assert switch_off(tmp_path, fleet, "linux01").code == 0
    assert CHECK_LINE in paths.configuration.read_text()


def test_a_fault_of_a_second_partition_bites_there(tmp_path):
    """It has no sshd of its own, and is on the machine all the same."""
    with lab(tmp_path, "read_only@solaris01p2", "refusing:1@solaris01p2") as (fleet, servers):
        server, paths = servers["solaris01p2"]
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
            assert sock.recv(4) == b""
        assert run_on(fleet, server, f"echo x >>'{paths.configuration}'")[0] != 0


def test_read_only_is_refused_where_it_would_do_nothing(tmp_path, monkeypatch):
    """A story without that file; a user whom no mode keeps from writing."""
    with pytest.raises(UsageError, match="none in this story") as caught:
        lab_up(tmp_path / "lab", faults=["read_only"])
    assert "--story articles" in caught.value.cure
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(faults, "SUBMISSIVE", ("/nowhere/setpriv",))
    with pytest.raises(UsageError, match="not to be had here") as caught:
        lab_up(tmp_path / "lab", story="articles", faults=["read_only"])
    assert "ordinary user" in caught.value.cure
    assert not (tmp_path / "lab").exists()


@SSHDS
def test_what_somebody_edits_meanwhile_is_not_overwritten(tmp_path, sshd):
    """The run sees that the file is not what it decided on, and says so; the next one adds to both."""
    with lab(tmp_path, "somebody_edits@linux01", sshd=sshd) as (fleet, servers):
        _, paths = servers["linux01"]
        before, beside = paths.configuration.read_text(), sorted(paths.configuration.parent.iterdir())
        done = switch_off(tmp_path, fleet, "linux01")
        assert done.code == 2
        assert done.statuses("failed") == {("linux01", TASK)}
        assert "its content has changed" in failure(done)
        assert paths.configuration.read_text() == f"{before}{SOMEBODYS_LINE}\n"
        assert sorted(paths.configuration.parent.iterdir()) == beside
        again = switch_off(tmp_path, fleet, "linux01")
        assert again.code == 0, again.out
        after = paths.configuration.read_text().splitlines()
        assert {*before.splitlines(), SOMEBODYS_LINE, CHECK_LINE} <= set(after)


def test_somebody_may_edit_as_often_as_asked_for(tmp_path):
    """After a dry run and once more in the run that follows; and notes.ini, too."""
    playbook = tmp_path / "notes.yaml"
    playbook.write_text(
        '- hosts: all\n  tasks:\n    - lineinfile: {path: "{{ domino_data }}/notes.ini", line: LAB_MINE=1}\n'
    )
    with lab(tmp_path, "somebody_edits:2@linux01") as (fleet, servers):
        _, paths = servers["linux01"]
        words = ("run", playbook, "-i", fleet.paths.inventory, "-l", "linux01")
        assert remediate(tmp_path, *words, "-C").code == 0
        assert "its content has changed" in failure(remediate(tmp_path, *words))
        assert remediate(tmp_path, *words).code == 0
        lines = Path(paths.data, "notes.ini").read_text().splitlines()
        assert (lines.count(SOMEBODYS_LINE), lines.count("LAB_MINE=1")) == (2, 1)
