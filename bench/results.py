"""Where the figures are kept: speed.json, and what is made of it, speed.svg and the tables in speed.md."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.chart import chart
from bench.compare import Figure
from bench.simulated import Simulation
from bench.slow import SlowFleet
from bench.tables import comparison, growth, simulation, slowness


def read(folder: Path) -> dict[str, Any]:
    """What was measured before, part by part."""
    path = folder / "speed.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(folder: Path, known: Mapping[str, Any]) -> None:
    """Keep it, draw it, and put the tables where speed.md has a place for them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.json").write_text(json.dumps(known, indent=1) + "\n")
    if "fleets" in known:
        (folder / "speed.svg").write_text(chart(_figures(known["fleets"]), _where(known["fleets"])))
    page = folder / "speed.md"
    text = page.read_text() if page.exists() else "\n".join(f"{_begin(place)}{_END}\n" for place in _TABLES)
    for place, (part, tables) in _TABLES.items():
        if part in known:
            text = _filled(text, place, "\n".join(tables(known[part])).strip())
    page.write_text(text)


_END = "<!-- end -->"


def _begin(place: str) -> str:
    return f"<!-- {place}: written by `make bench` -->\n"


def _filled(text: str, place: str, tables: str) -> str:
    there = re.compile(re.escape(_begin(place)) + ".*?" + re.escape(_END), re.DOTALL)
    return there.sub(lambda _: f"{_begin(place)}{tables}\n{_END}", text)


def _figures(part: Mapping[str, Any]) -> list[Figure]:
    return [Figure(**each) for each in part["figures"]]


def _where(part: Mapping[str, Any]) -> str:
    return f"{part['machine']}, Python {part['python']}, {part['date']}"


def _fleets(part: Mapping[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{tool} {version}" for tool, version in part["versions"].items())
    yield f"{_where(part)}; {versions}."
    yield ""
    yield from comparison(_figures(part))


def _growth(part: Mapping[str, Any]) -> Iterator[str]:
    yield from growth(_figures(part))


def _simulated(part: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_where(part)}.", "")
    yield from simulation([Simulation(**each) for each in part["figures"]])


def _slow(part: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_where(part)}.", "")
    yield from slowness([SlowFleet(**each) for each in part["figures"]])


_TABLES: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Iterator[str]]]] = {
    "fleets": ("fleets", _fleets),
    "growth": ("fleets", _growth),
    "simulated": ("simulated", _simulated),
    "slow": ("slow", _slow),
}
"""Each place in speed.md, and which part's tables stand there."""
