"""A chart in SVG: what each tool takes for a fleet, and what a host takes in fleets of each size."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from bench.compare import Figure
from bench.peers import OPENSSH, REMEDIATE

_WIDE, _LEFT, _RIGHT, _ROW = 720, 96, 64, 26
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #475569 }
.head { font-weight: 600; fill: #1e293b }
.axis { stroke: #cbd5e1 }
.own { fill: #2563eb } .other { fill: #94a3b8 }
.own-line { stroke: #2563eb } .other-line { stroke: #94a3b8 }
polyline { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #a3b0c2 } .head { fill: #e2e8f0 } .axis { stroke: #475569 }
  .own { fill: #60a5fa } .other { fill: #7d8a9c }
  .own-line { stroke: #60a5fa } .other-line { stroke: #7d8a9c }
}
"""


def chart(figures: Sequence[Figure], where: str) -> str:
    """Bars for the largest fleet on which all tools were, and lines for how a host's share grows."""
    near = [each for each in figures if not each.delay and each.phase == "again"]
    bars = _largest_shared(near)
    parts = list(_bars(bars, 24)) if bars else []
    top = 24 + len(bars) * _ROW + 44
    lines = {tool: _sizes(near, tool) for tool in (REMEDIATE.name, OPENSSH.name)}
    height = top
    if len(lines[REMEDIATE.name]) > 1:
        parts += _lines(lines, top)
        height = top + 250
    parts.append(f'<text x="0" y="{height - 6}">{escape(where)}</text>')
    title = "Ten steps on each host, with nothing to change: what each tool takes"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 {_WIDE + 16} {height + 16}" role="img">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _largest_shared(figures: Sequence[Figure]) -> list[Figure]:
    """The figures of the largest fleet on which every tool was, the quickest tool first."""
    tools = {each.tool for each in figures}
    by_size: dict[int, list[Figure]] = {}
    for each in figures:
        by_size.setdefault(each.hosts, []).append(each)
    shared = [size for size, some in by_size.items() if {each.tool for each in some} == tools]
    return sorted(by_size[max(shared)], key=lambda each: each.wall) if shared else []


def _sizes(figures: Sequence[Figure], tool: str) -> list[Figure]:
    return sorted((each for each in figures if each.tool == tool), key=lambda each: each.hosts)


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """A logarithmic scale: the tools differ by powers of ten."""
    return lambda value: start + (end - start) * math.log(value / low) / math.log(high / low)


def _bars(figures: Sequence[Figure], top: float) -> Iterator[str]:
    hosts = figures[0].hosts
    yield f'<text class="head" x="0" y="8">{hosts} hosts: seconds, on a logarithmic scale</text>'
    low = 10 ** math.floor(math.log10(figures[0].wall * 0.9))
    x = _scale(low, max(figures[-1].wall, low * 10), _LEFT, _WIDE - _RIGHT)
    for number, each in enumerate(figures):
        y, end = top + number * _ROW, x(each.wall)
        yield f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(each.tool)}</text>'
        size = f'width="{end - _LEFT:.1f}" height="18" rx="3"'
        yield f'<rect class="{_kind(each.tool)}" x="{_LEFT}" y="{y}" {size}/>'
        yield f'<text x="{end + 8:.1f}" y="{y + 14}">{each.wall:.3g}</text>'


def _lines(lines: dict[str, list[Figure]], top: float) -> Iterator[str]:
    every = [each for some in lines.values() for each in some]
    shares = [each.wall * 1000 / each.hosts for each in every]
    sizes = sorted({each.hosts for each in every})
    x = _scale(sizes[0], sizes[-1], _LEFT, _WIDE - _RIGHT)
    low, high = 10 ** math.floor(math.log10(min(shares))), 10 ** math.ceil(math.log10(max(shares)))
    y = _scale(low, high, top + 190, top + 24)
    yield f'<text class="head" x="0" y="{top}">Milliseconds for each host, by the size of the fleet</text>'
    for step in range(round(math.log10(high / low)) + 1):
        at = y(low * 10**step)
        yield f'<line class="axis" x1="{_LEFT}" y1="{at:.1f}" x2="{_WIDE - _RIGHT}" y2="{at:.1f}"/>'
        yield f'<text x="{_LEFT - 10}" y="{at + 4:.1f}" text-anchor="end">{low * 10**step:g}</text>'
    for size in sizes:
        yield f'<text x="{x(size):.1f}" y="{top + 210}" text-anchor="middle">{size:,}</text>'
    for tool, some in lines.items():
        if not some:
            continue
        points = [(x(each.hosts), y(each.wall * 1000 / each.hosts)) for each in some]
        kind = _kind(tool)
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        yield f'<polyline class="{kind}-line" points="{path}"/>'
        for across, down in points:
            yield f'<circle class="{kind}" cx="{across:.1f}" cy="{down:.1f}" r="3.5"/>'
    yield from _legend(lines, top)


def _legend(tools: Iterable[str], top: float) -> Iterator[str]:
    """Which line is whose, at the right end of the line of the heading."""
    for number, tool in enumerate(tools):
        at = _WIDE - _RIGHT - 190 + 110 * number
        yield f'<circle class="{_kind(tool)}" cx="{at}" cy="{top - 4}" r="4.5"/>'
        yield f'<text x="{at + 10}" y="{top}">{escape(tool)}</text>'


def _kind(tool: str) -> str:
    return "own" if tool == REMEDIATE.name else "other"
