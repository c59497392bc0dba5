"""What was measured, as tables in Markdown, which are as legible in a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bench.compare import Figure
from bench.peers import OPENSSH, PHASES, REMEDIATE
from bench.simulated import Simulation
from bench.slow import SlowFleet


def comparison(figures: Sequence[Figure]) -> Iterator[str]:
    """One table for each fleet: all tools, phase by phase."""
    ordered = sorted(figures, key=lambda each: (each.delay, each.hosts))
    for (delay, hosts), group in groupby(ordered, key=lambda each: (each.delay, each.hosts)):
        each_phase = sorted(group, key=lambda each: (PHASES.index(each.phase), each.wall))
        far = f", {delay:g} ms for a round trip" if delay else ""
        yield f"**{hosts} {'host' if hosts == 1 else 'hosts'}{far}**"
        yield ""
        heads = ["phase", "tool", "wall s", "of openssh", "CPU ms/host", "servers ms/host", "peak MB"]
        yield from _table(heads, (_row(each, each_phase) for each in each_phase), words=2)
        yield ""


def _row(figure: Figure, figures: Iterable[Figure]) -> list[str]:
    plain = next(
        (each for each in figures if (each.tool, each.phase) == (OPENSSH.name, figure.phase)), figure
    )
    return [
        figure.phase,
        figure.tool,
        f"{figure.wall:.2f}",
        f"{figure.wall / plain.wall:.2f}",
        f"{figure.cpu * 1000 / figure.hosts:.1f}",
        f"{figure.servers * 1000 / figure.hosts:.1f}",
        f"{figure.memory / 1e6:.0f}",
    ]


def growth(figures: Sequence[Figure]) -> Iterator[str]:
    """What a host takes in fleets of each size, and a further one from the size before."""
    near = [each for each in figures if not each.delay and each.phase == "again"]
    rows = []
    for tool in (REMEDIATE.name, OPENSSH.name):
        sizes = sorted((each for each in near if each.tool == tool), key=lambda each: each.hosts)
        for before, each in zip([None, *sizes], sizes, strict=False):
            rows.append(
                [tool, str(each.hosts), f"{each.wall * 1000 / each.hosts:.1f}", *_further(before, each)]
            )
    heads = ["tool", "hosts", "wall ms/host", "CPU ms/further host", "MB/further host"]
    yield from _table(heads, rows, words=1)


def simulation(runs: Sequence[Simulation]) -> Iterator[str]:
    """The same for hosts without SSH."""
    rows = [
        [str(each.hosts), f"{each.wall:.1f}", f"{each.memory / 1e6:.0f}", *_further(before, each)]
        for before, each in zip([None, *runs], runs, strict=False)
    ]
    heads = ["simulated hosts", "wall s", "peak MB", "CPU ms/further host", "MB/further host"]
    yield from _table(heads, rows, words=0)


def _further(before: Figure | Simulation | None, each: Figure | Simulation) -> list[str]:
    """CPU and memory by the difference from a smaller fleet: what every run takes is in both."""
    if before is None:
        return ["", ""]
    more = each.hosts - before.hosts
    return [
        f"{(each.cpu - before.cpu) * 1000 / more:.1f}",
        f"{(each.memory - before.memory) / 1e6 / more:.3f}",
    ]


def slowness(runs: Sequence[SlowFleet]) -> Iterator[str]:
    """What dead and slow hosts add."""
    rows = [
        [
            str(each.hosts),
            str(each.dead),
            str(each.slow),
            f"{each.healthy:.1f}",
            f"{each.own:.1f}",
            f"{each.wall:.1f}",
        ]
        for each in runs
    ]
    heads = ["hosts", "dead", "slow", "healthy alone s", "slowest alone s", "all s"]
    yield from _table(heads, rows, words=0)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int) -> Iterator[str]:
    """A table whose first columns are `words`, and the others numbers, to the right."""
    lines = [heads, *rows]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    yield line(heads)
    yield line(["-" * width if n < words else "-" * (width - 1) + ":" for n, width in enumerate(widths)])
    yield from map(line, lines[1:])
