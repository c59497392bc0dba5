"""A bar chart in SVG, on a logarithmic scale: the tools differ by powers of ten."""

import math
from collections.abc import Sequence
from html import escape

_ROW, _LEFT, _WIDE, _TOP = 30, 110, 560, 44


def chart(bars: Sequence[tuple[str, float]], caption: str) -> str:
    """One bar for each name and its seconds, the shortest one first."""
    ordered = sorted(bars, key=lambda bar: bar[1])
    low = 10 ** math.floor(math.log10(min((value for _, value in ordered), default=1)))
    high = max((value for _, value in ordered), default=10)
    scale = (_WIDE - 80) / max(math.log10(high / low), 0.1)
    rows = []
    for number, (name, value) in enumerate(ordered):
        y = _TOP + number * _ROW
        length = max(math.log10(value / low) * scale, 2)
        colour = "#2563eb" if name == "remediate" else "#94a3b8"
        rows.append(
            f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="20" rx="3" fill="{colour}"/>'
            f'<text x="{_LEFT + length + 8:.1f}" y="{y + 15}">{value:.2f}</text>'
        )
    height = _TOP + len(ordered) * _ROW + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE} {height}" role="img" '
        f'font-family="sans-serif" font-size="14" fill="#64748b"><title>{escape(caption)}</title>'
        f'<text x="10" y="24">{escape(caption)}</text>{"".join(rows)}</svg>\n'
    )
