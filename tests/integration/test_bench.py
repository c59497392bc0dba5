"""The benchmark compares like with like: each tool leaves the same on a host."""

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from bench import results
from bench.compare import Figure, Fleet, compared
from bench.fleet import BenchFleet, fleet
from bench.measure import measured
from bench.peers import FABRIC, OPENSSH, REMEDIATE, Peer
from bench.simulated import simulated

DOCS = Path(__file__).resolve().parents[2] / "docs"
PLACES = ("fleets", "growth", "simulated", "slow")


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


def test_the_page_is_filled_and_otherwise_left_alone(tmp_path: Path) -> None:
    """Every table has its place in docs/speed.md; what stands around the places stays."""
    page = tmp_path / "speed.md"
    shutil.copy(DOCS / "speed.md", page)
    before = page.read_text()
    figure = Figure(
        tool="remediate",
        hosts=10,
        delay=0,
        phase="again",
        wall=1.0,
        cpu=0.5,
        servers=1,
        memory=1,
        line=0,
        rounds=1,
    )
    about = {"machine": "2 cores", "python": "3.11", "date": "2026-01-01"}
    known = {
        "fleets": {**about, "versions": {"remediate": "1"}, "figures": [asdict(figure)]},
        "simulated": {**about, "figures": [{"hosts": 1000, "wall": 1, "cpu": 1, "memory": 1}]},
        "slow": {
            **about,
            "figures": [{"hosts": 20, "dead": 1, "slow": 1, "wall": 9, "healthy": 1, "own": 9}],
        },
    }
    results.write(tmp_path, known)
    text = page.read_text()
    (around, tables), (as_before, _) = parted(text), parted(before)
    assert around == as_before
    assert all(table.count("\n|") >= 3 for table in tables)
    assert results.read(tmp_path) == known


def parted(text: str) -> tuple[str, list[str]]:
    """A page without what stands in its places, and what stands there."""
    tables = []
    for place in PLACES:
        begin, rest = text.split(f"<!-- {place}: ", 1)
        table, end = rest.split("<!-- end -->", 1)
        tables.append(table)
        text = begin + end
    return text, tables


def test_one_host_is_measured_more_often() -> None:
    """A start takes so little that a few rounds would only show what else the machine did."""
    [figures] = compared([Fleet(hosts=1, delay=0)], [OPENSSH], {}, rounds=1)
    assert [(each.phase, each.rounds) for each in figures] == [("first", 3), ("again", 3), ("dry", 3)]


def test_simulated_hosts_answer_as_the_recorded_one() -> None:
    """The whole work goes well on hosts that are not there."""
    assert [each.hosts for each in simulated([3])] == [3]
