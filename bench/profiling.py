"""`make profile`: where a run on many hosts spends its time and its memory, function by function.

`python -m bench.profiling [HOSTS [first|again|dry]]`. CPU of all threads is counted by yappi, which is
installed in `.bench`; memory by Python's tracemalloc, in a run of its own.
"""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from bench.fleet import BenchFleet, fleet
from bench.measure import measured
from bench.peers import PHASES, REMEDIATE, Phase, packages

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parent / "remediate"
_LEAST = 0.02
"""The share from which on a function is shown."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """A function's place and name; what it took itself, and with all that it called."""

    file: str
    line: int
    name: str
    itself: float
    total: float
    calls: int

    @property
    def room(self) -> str:
        """The part of the project that it is in; or whose it is else."""
        path = Path(self.file)
        if path.is_relative_to(_PACKAGE):
            inside = path.relative_to(_PACKAGE).parts
            return inside[0] if len(inside) > 1 else "remediate"
        if "site-packages" in path.parts:
            return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
        return "Python"

    @property
    def ours(self) -> bool:
        """Whether it is of this project."""
        return Path(self.file).is_relative_to(_PACKAGE)


def main() -> int:
    """Profile one phase, and print it."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    phase: Phase = sys.argv[2] if len(sys.argv) > 2 else "again"  # type: ignore[assignment]
    if phase not in get_args(Phase):
        sys.exit(f"'{phase}' is no phase; there are: {', '.join(get_args(Phase))}")
    found = packages(Path(".bench/profiling").absolute(), ["yappi"])
    with tempfile.TemporaryDirectory(prefix="bench") as name, fleet(Path(name), number) as hosts:
        folder = Path(name)
        REMEDIATE.prepare(folder, hosts)
        hosts.renew(REMEDIATE.name)
        for before in PHASES[: PHASES.index(phase)]:
            measured(
                REMEDIATE.command(folder, hosts, before),
                cwd=folder,
                environment={},
                log=folder / "log",
            )
        print(f"{number} hosts, {phase}\n")
        _print_time(_lines(folder, hosts, phase, "time", found))
        if phase == "first":
            hosts.renew(REMEDIATE.name)
        _print_memory(_lines(folder, hosts, phase, "memory", found))
    return 0


def _lines(folder: Path, hosts: BenchFleet, phase: Phase, kind: str, found: Path) -> list[str]:
    """What a profiled process has written: a figure, or a record, a line."""
    out = folder / f"{kind}.tsv"
    python, _, _, *words = REMEDIATE.command(folder, hosts, phase)
    command = [python, str(_HERE / "profiled.py"), kind, str(out), *words]
    measured(command, cwd=folder, environment={"PYTHONPATH": str(found)}, log=folder / "log")
    return out.read_text().splitlines()


def _print_time(lines: Iterable[str]) -> None:
    spent = []
    for line in lines:
        file, number, name, itself, total, calls = line.split("\t")
        spent.append(
            Spent(
                file=file,
                line=int(number),
                name=name,
                itself=float(itself),
                total=float(total),
                calls=int(calls),
            )
        )
    whole = sum(each.itself for each in spent)
    rooms: dict[str, float] = defaultdict(float)
    for each in spent:
        rooms[each.room] += each.itself
    print(f"CPU {whole:.2f} s, of which by room, without what it calls:")
    for room, seconds in sorted(rooms.items(), key=lambda item: -item[1]):
        if seconds > _LEAST * whole:
            print(f"  {seconds / whole:6.1%}  {room}")
    print(f"\nFunctions of this project from {_LEAST:.0%} on: with what they call, by themselves, calls")
    for each in sorted(spent, key=lambda each: -each.total):
        if each.ours and each.total > _LEAST * whole:
            place = f"{Path(each.file).relative_to(_PACKAGE)}:{each.line}"
            shares = f"{each.total / whole:6.1%}  {each.itself / whole:6.1%}"
            print(f"  {shares}  {each.calls:8}  {each.name}  {place}")


def _print_memory(lines: Iterable[str]) -> None:
    print("\nMemory at its peak, by the line that asked for it: MB, and how many blocks")
    for line in lines:
        size, blocks, place = line.split("\t")
        shown = place.replace(f"{_PACKAGE}/", "").rpartition("site-packages/")[2]
        print(f"  {int(size) / 1e6:6.2f}  {blocks:>8}  {shown}")


if __name__ == "__main__":
    sys.exit(main())
