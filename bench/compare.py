"""All tools on the same fleets, interleaved: what each phase takes."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.delay import NETWORK, delayed
from bench.fleet import NEAR, BenchFleet, fleet
from bench.measure import Cost, cpu_of, measured
from bench.peers import PHASES, Peer, Phase

ONE_HOST = 3
"""A fleet of one host is measured so many times as often: what disturbs the machine is much, beside it."""


@dataclass(frozen=True, kw_only=True, order=True)
class Fleet:
    """So many hosts, at so many milliseconds for a round trip: `200@20`; `200` is near."""

    delay: float
    hosts: int

    @classmethod
    def read(cls, text: str) -> "Fleet":
        """The fleet that is written so."""
        hosts, _, delay = text.partition("@")
        return cls(hosts=int(hosts), delay=float(delay or 0))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one phase took with one tool, at its median of all rounds; times in seconds, memory in bytes."""

    tool: str
    hosts: int
    delay: float
    phase: Phase
    wall: float
    cpu: float
    servers: float
    """CPU of all other processes of the machine, without the line's."""
    memory: int
    line: float
    """CPU of the process that delays packets, for a second of the wall clock."""
    rounds: int


def compared(
    fleets: Sequence[Fleet], peers: Sequence[Peer], limits: Mapping[str, int], rounds: int
) -> Iterator[list[Figure]]:
    """The figures of each fleet with all tools that are not limited to smaller ones."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        for each in fleets:
            folder = Path(name) / f"{each.hosts}-{each.delay:g}"
            folder.mkdir()
            chosen = [peer for peer in peers if each.hosts <= limits.get(peer.name, each.hosts)]
            often = rounds * ONE_HOST if each.hosts == 1 else rounds
            with _started(folder, each) as (hosts, line):
                yield list(_on_one_fleet(each, hosts, line, chosen, rounds=often))


@contextmanager
def _started(folder: Path, wanted: Fleet) -> Iterator[tuple[BenchFleet, int | None]]:
    """A fleet, and the process of its line if it is far away."""
    if not wanted.delay:
        with fleet(folder, wanted.hosts, network=NEAR) as made:
            yield made, None
        return
    with (
        delayed(wanted.delay) as line,
        fleet(folder, wanted.hosts, network=NETWORK, far=line.far) as made,
    ):
        yield made, line.pid


def _on_one_fleet(
    about: Fleet, hosts: BenchFleet, line: int | None, peers: Sequence[Peer], *, rounds: int
) -> Iterator[Figure]:
    """A round after the other, in each all tools, so that what disturbs the machine disturbs all."""
    folder = hosts.folder
    costs: dict[tuple[str, Phase], list[tuple[Cost, float]]] = {}
    for peer in peers:
        (folder / peer.name).mkdir()
        peer.prepare(folder / peer.name, hosts)
    for number in range(rounds):
        at_work = [peer for peer in peers if number == 0 or not peer.slow]
        for peer in at_work:
            hosts.renew(peer.name)
        for phase in PHASES:
            for peer in at_work:
                carried = cpu_of(line) if line is not None else 0.0
                own = folder / peer.name
                cost = measured(
                    peer.command(own, hosts, phase),
                    cwd=own,
                    environment=peer.environment,
                    log=own / f"{phase}.log",
                )
                carried = cpu_of(line) - carried if line is not None else 0.0
                peer.finish(own)
                costs.setdefault((peer.name, phase), []).append((cost, carried))
    for (tool, phase), each in costs.items():
        yield Figure(
            tool=tool,
            hosts=about.hosts,
            delay=about.delay,
            phase=phase,
            wall=round(median(cost.wall for cost, _ in each), 3),
            cpu=round(median(cost.cpu for cost, _ in each), 3),
            servers=round(median(max(cost.elsewhere - carried, 0.0) for cost, carried in each), 3),
            memory=max(cost.memory for cost, _ in each),
            line=round(median(carried / cost.wall for cost, carried in each), 3),
            rounds=len(each),
        )
