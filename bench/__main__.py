"""`make bench`: the same ten steps with `remediate` and with its peers, interleaved, in figures."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.chart import chart
from bench.delay import NETWORK, delayed
from bench.fleet import NEAR, BenchFleet, fleet
from bench.measure import Cost, measured
from bench.peers import FABRIC, OPENSSH, PHASES, REMEDIATE, Peer, Phase, ansible, installed, pyinfra

_MANY = 50
"""Hosts from which on a slow tool is left out, unless it is asked for."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one phase took with one tool, at its median of all rounds."""

    tool: str
    hosts: int
    delay: float
    phase: Phase
    wall: float
    cpu: float
    memory: int


def main() -> int:
    """Measure, print a table, and write figures and chart."""
    options = _options()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        for delay in options.delay:
            for number in options.hosts:
                folder = Path(name) / f"{number}-{delay:g}"
                folder.mkdir()
                with _fleet(folder, number, delay) as hosts:
                    peers = [each for each in _peers(options) if not each.slow or number <= options.slow]
                    figures += _compared(folder, hosts, peers, delay, options.rounds)
                print(*_table(figures, number, delay), sep="\n", flush=True)
    about = {
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": options.rounds,
    }
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        written = {**about, "figures": [asdict(each) for each in figures]}
        (options.out / "bench.json").write_text(json.dumps(written, indent=1) + "\n")
        bars = [(each.tool, each.wall) for each in figures if _is_shown(each, figures)]
        (options.out / "bench.svg").write_text(chart(bars, _caption(figures, about)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--hosts", type=_numbers(int), default=[50, 200], help="fleet sizes, with commas")
    parser.add_argument("--delay", type=_numbers(float), default=[0.0], help="round trips, in milliseconds")
    parser.add_argument("--rounds", type=int, default=3, help="how often each phase is measured")
    parser.add_argument("--slow", type=int, default=_MANY, help="hosts up to which slow tools take part")
    parser.add_argument("--peers", default="openssh,fabric,pyinfra,ansible", help="whom to compare with")
    parser.add_argument("--environment", type=Path, default=Path(".bench"), help="where peers are installed")
    parser.add_argument("--out", type=Path, help="a directory for bench.json and bench.svg")
    return parser.parse_args()


def _numbers(kind):  # type: ignore[no-untyped-def]
    return lambda text: [kind(word) for word in text.split(",")]


def _peers(options: argparse.Namespace) -> list[Peer]:
    wanted = options.peers.split(",")
    programs = Path()
    if {"pyinfra", "ansible"} & set(wanted):
        programs = installed(options.environment.absolute(), ["pyinfra", "ansible-core"])
    known = {each.name: each for each in (OPENSSH, FABRIC, pyinfra(programs), ansible(programs))}
    return [REMEDIATE, *(known[name] for name in wanted if name)]


@contextmanager
def _fleet(folder: Path, number: int, delay: float) -> Iterator[BenchFleet]:
    if not delay:
        with fleet(folder, number, network=NEAR) as made:
            yield made
        return
    with delayed(delay) as far, fleet(folder, number, network=NETWORK, far=far) as made:
        yield made


def _compared(
    folder: Path, hosts: BenchFleet, peers: Sequence[Peer], delay: float, rounds: int
) -> Iterator[Figure]:
    """All phases of all tools, a round after the other, so that what disturbs the machine disturbs all."""
    costs: dict[tuple[str, Phase], list[Cost]] = {}
    for peer in peers:
        (folder / peer.name).mkdir()
        peer.prepare(folder / peer.name, hosts)
    for _ in range(rounds):
        for peer in peers:
            hosts.renew(peer.name)
        for phase in PHASES:
            for peer in peers:
                own = folder / peer.name
                cost = measured(
                    peer.command(own, hosts, phase),
                    cwd=own,
                    environment=peer.environment,
                    log=own / f"{phase}.log",
                )
                costs.setdefault((peer.name, phase), []).append(cost)
    for (tool, phase), each in costs.items():
        yield Figure(
            tool=tool,
            hosts=len(hosts.hosts),
            delay=delay,
            phase=phase,
            wall=round(median(cost.wall for cost in each), 3),
            cpu=round(median(cost.cpu for cost in each), 3),
            memory=max(cost.memory for cost in each),
        )


def _table(figures: Sequence[Figure], number: int, delay: float) -> Iterator[str]:
    chosen = [each for each in figures if (each.hosts, each.delay) == (number, delay)]
    own = {each.phase: each for each in chosen if each.tool == "remediate"}
    yield f"{number} hosts, {delay:g} ms"
    yield f"  {'tool':<10} {'phase':<6} {'wall s':>8} {'ratio':>7} {'CPU ms/host':>12} {'peak MB':>8}"
    for each in sorted(chosen, key=lambda each: (PHASES.index(each.phase), each.wall)):
        ratio = each.wall / own[each.phase].wall
        yield (
            f"  {each.tool:<10} {each.phase:<6} {each.wall:8.2f} {ratio:7.2f} "
            f"{each.cpu * 1000 / number:12.1f} {each.memory / 1e6:8.0f}"
        )


def _is_shown(figure: Figure, figures: Sequence[Figure]) -> bool:
    """The chart shows the converged run on the largest fleet that every tool did, near."""
    tools = {each.tool for each in figures}
    shared = [
        n for n in {each.hosts for each in figures} if tools == {e.tool for e in figures if e.hosts == n}
    ]
    delay = min(each.delay for each in figures)
    return figure.phase == "again" and figure.hosts == max(shared, default=0) and figure.delay == delay


def _caption(figures: Sequence[Figure], about: dict[str, object]) -> str:
    hosts = next((each.hosts for each in figures if _is_shown(each, figures)), 0)
    return f"Ten steps, nothing to change, {hosts} hosts: seconds ({about['machine']}, {about['date']})"


if __name__ == "__main__":
    sys.exit(main())
