"""The benchmark compares like with like: each tool leaves the same on a host."""

from pathlib import Path

import pytest

from bench.fleet import BenchFleet, fleet
from bench.measure import measured
from bench.peers import FABRIC, OPENSSH, REMEDIATE, Peer


def worked(folder: Path, hosts: BenchFleet, peer: Peer) -> list[dict[str, tuple[int, bytes]]]:
    """What stands on each host after the first run, after the second, and after the dry run."""
    own = folder / peer.name
    own.mkdir()
    peer.prepare(own, hosts)
    hosts.renew(peer.name)
    states = []
    for phase in ("first", "again", "dry"):
        command = peer.command(own, hosts, phase)  # type: ignore[arg-type]
        cost = measured(command, cwd=own, environment={}, log=own / "log")
        assert cost.memory > 0
        states += [_tree(hosts.state(peer.name, host)) for host in hosts.hosts]
    return states


def _tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        each.name: (each.stat().st_mode, each.read_bytes() if each.is_file() else b"")
        for each in folder.iterdir()
        if each.name != "console"
    }


@pytest.mark.parametrize("peer", [FABRIC, REMEDIATE], ids=lambda peer: peer.name)
def test_each_tool_does_the_same_work(tmp_path: Path, peer: Peer) -> None:
    """Byte for byte and mode for mode what plain ssh does, but for the hosts' names."""
    with fleet(tmp_path, 2) as hosts:
        assert worked(tmp_path, hosts, peer) == worked(tmp_path, hosts, OPENSSH)
