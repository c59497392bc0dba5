"""Packages on their way to a simulated fleet behind real SSH: whole, or not there at all."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import Done, remediate

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.state import read_state

PACKAGE = random.Random(9).randbytes(3 * 1024 * 1024) + b"\0\r\n"  # noqa: S311
PLAYBOOK = """
- name: staging
  hosts: all
  tasks:
    - name: stage it
      copy:
        src: "{package}"
        dest: "{{{{ domino_data }}}}/lpt$vpn.999"
        checksum: "sha256:{sum}"
        mode: "0640"
"""


@contextmanager
def lab(tmp: Path, **options: object) -> Iterator[LabFleet]:
    """Three servers."""
    fleet = lab_up(tmp / "lab", hosts=3, seed=2, **options)  # type: ignore[arg-type]
    try:
        yield fleet
    finally:
        lab_down(fleet.paths.directory)


def stage(tmp: Path, fleet: LabFleet, *options: str) -> Done:
    """Bring the package to all of them."""
    (tmp / "package.tar").write_bytes(PACKAGE)
    text = PLAYBOOK.format(package=tmp / "package.tar", sum=hashlib.sha256(PACKAGE).hexdigest())
    (tmp / "staging.yaml").write_text(text)
    return remediate(tmp, "run", tmp / "staging.yaml", "-i", fleet.paths.inventory, *options)


def arrived(fleet: LabFleet) -> dict[str, bytes | None]:
    """What each server holds in the package's place."""
    files = {s.name: fleet.paths.of(s).data / "lpt$vpn.999" for s in fleet.servers}
    return {name: file.read_bytes() if file.exists() else None for name, file in files.items()}


def left_over(fleet: LabFleet) -> list[Path]:
    """What an upload that failed has forgotten anywhere on the servers."""
    return list((fleet.paths.directory / "hosts").rglob(".remediate-*"))


def smdreal_runs(fleet: LabFleet) -> bool:
    """Whether the first server's scanner is loaded."""
    return read_state(fleet.paths.of(fleet.servers[0])).smdreal_running


@pytest.mark.parametrize("sshd", ["embedded", "openssh"])
def test_a_package_comes_to_every_server_once(sshd: str, tmp_path: Path) -> None:
    """Dry: only announced, with its sum; then it is there with every byte; then there is nothing to do."""
    with lab(tmp_path, sshd=sshd) as fleet:
        everyone = {(server.name, "stage it") for server in fleet.servers}
        dry = stage(tmp_path, fleet, "-C", "-D")
        assert dry.statuses("changed") == everyone
        assert set(arrived(fleet).values()) == {None}
        assert hashlib.sha256(PACKAGE).hexdigest() in dry.out
        assert stage(tmp_path, fleet).statuses("changed") == everyone
        assert set(arrived(fleet).values()) == {PACKAGE}
        assert stage(tmp_path, fleet).statuses("ok") == everyone
        assert left_over(fleet) == []


def test_a_full_disk_is_told_and_keeps_nothing(tmp_path: Path) -> None:
    """The server without room fails with the reason, and holds no part of the package; the others have it.

    With room again, nothing that was left there keeps the next run away.
    """
    with lab(tmp_path, faults=["full_disk@linux01"]) as fleet:
        names = [server.name for server in fleet.servers]
        done = stage(tmp_path, fleet)
        assert done.statuses("failed") == {("linux01", "stage it")}
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert "is the disk full?" in message
        assert arrived(fleet) == {name: None if name == "linux01" else PACKAGE for name in names}
        assert left_over(fleet) == []
        lab_down(fleet.paths.directory)
        lab_up(fleet.paths.directory, hosts=3, seed=2)
        assert stage(tmp_path, fleet).statuses("changed") == {("linux01", "stage it")}


def test_a_connection_that_is_cut_is_opened_anew(tmp_path: Path) -> None:
    """Cut in the middle of the package, it arrives whole over the next one, and nothing else is left."""
    # The drift comes with the second connection: it shows that there was one.
    with lab(tmp_path, faults=["cut:20@linux01", "drift:2@linux01"]) as fleet:
        ran = smdreal_runs(fleet)
        done = stage(tmp_path, fleet)
        assert smdreal_runs(fleet) != ran
        assert done.statuses("changed") == {(server.name, "stage it") for server in fleet.servers}
        assert set(arrived(fleet).values()) == {PACKAGE}
        assert left_over(fleet) == []
        assert stage(tmp_path, fleet).statuses("changed") == set()
