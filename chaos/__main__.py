"""`make chaos`: runs over real SSH that are cut off at random moments, and what came of them, in figures."""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import TypeVar

from sshd import Sshd

from chaos.trial import Expected, Outcome, Stage, trial, undisturbed
from chaos.world import World, make_world

T = TypeVar("T")
_WORDS = {
    "kill": "times the controller was killed",
    "cut one": "times one connection was cut",
    "cut all": "times all connections were cut",
    "hang": "times a connection fell silent",
}
_STAGES: Sequence[Stage] = ("before the first change", "in a change", "between changes", "at the end")


def main() -> int:
    """Do it, and print the figures; 1 if anything went wrong."""
    options = _options()
    seed = options.seed or secrets.token_hex(4)
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="chaos") as name,
        Worlds(Path(name), options.jobs) as worlds,
        ThreadPoolExecutor(options.jobs) as pool,
    ):
        expected, length = _measured(worlds, pool, options.jobs)
        print(f"an undisturbed run takes {length:.1f} s, {options.jobs} side by side", flush=True)

        def one(number: int) -> Outcome:
            return worlds.with_one(lambda world: trial(world, f"{seed}/{number}", expected, length))

        if options.only is None:
            outcomes = list(_shown(_until_hit(options.runs, lambda numbers: pool.map(one, numbers))))
        else:
            outcomes = [one(options.only)]
    print(*_figures(outcomes), f"{time.monotonic() - began:.0f} s in all", sep="\n")
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    for outcome in wrong:
        print(*_complaint(outcome), sep="\n")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many runs are to be hit")
    parser.add_argument("--seed", default="", help="what the moments are drawn from; else it is drawn itself")
    parser.add_argument("--only", type=int, help="the one run of this number")
    parser.add_argument("--jobs", type=int, default=8, help="how many at the same time")
    return parser.parse_args()


class Worlds:
    """Some sshd, each of which serves one world at a time."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._servers = [Sshd(folder / f"sshd{each}") for each in range(number)]
        self._free: SimpleQueue[Sshd] = SimpleQueue()

    def __enter__(self) -> "Worlds":
        for server in self._servers:
            server.start()
            self._free.put(server)
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.stop()

    def with_one(self, use: Callable[[World], T]) -> T:
        """What comes of the use of a new world."""
        server = self._free.get()
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            return use(make_world(folder, server))
        finally:
            shutil.rmtree(folder)
            self._free.put(server)


def _measured(worlds: Worlds, pool: ThreadPoolExecutor, jobs: int) -> tuple[Expected, float]:
    """What undisturbed runs leave behind, and how long they take, as many at a time as the others will be."""
    results = list(pool.map(lambda _: worlds.with_one(undisturbed), range(jobs)))
    trees = [tree for tree, _ in results]
    if any(tree != trees[0] for tree in trees):
        raise RuntimeError("undisturbed runs differ from each other: nothing can be compared with them")
    return trees[0], median(seconds for _, seconds in results)


def _until_hit(runs: int, many: Callable[[Iterable[int]], Iterator[Outcome]]) -> Iterator[Outcome]:
    """Outcomes until so many runs were hit: one that ended before its moment came does not count."""
    hit = tried = 0
    while hit < runs:
        numbers = range(tried, tried + runs - hit)
        tried = numbers.stop
        for outcome in many(numbers):
            hit += not outcome.missed
            yield outcome


def _shown(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        print("F" if outcome.wrong else "-" if outcome.missed else ".", end="", flush=True)
        yield outcome
    print()


def _figures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    hit = [outcome for outcome in outcomes if not outcome.missed]
    faults = [fault for outcome in hit for fault in outcome.faults]
    kinds = Counter(fault.kind for fault in faults)
    stages = Counter(fault.stage for fault in faults)
    begun = sum(any(fault.stage != _STAGES[0] for fault in outcome.faults) for outcome in hit)
    yield (
        f"{len(hit)} runs were hit, {begun} of them behind their first change; "
        f"{len(outcomes) - len(hit)} more ended before their moment came"
    )
    yield f"{len(faults)} faults: " + ", ".join(f"{kinds[kind]} {_WORDS[kind]}" for kind in _WORDS)
    yield "they came " + ", ".join(f"{stage} {stages[stage]}" for stage in _STAGES)
    yield "seconds after the start: " + _spread([fault.second for fault in faults])
    yield (
        f"{sum(outcome.resumes for outcome in hit)} times a run was resumed, "
        f"{sum(outcome.begun_anew for outcome in hit)} times begun anew, as nothing had been sent; "
        f"{sum(outcome.resumes == 0 for outcome in hit)} runs mended themselves"
    )
    yield f"{sum(bool(outcome.wrong) for outcome in outcomes)} runs went wrong"


def _spread(seconds: Sequence[float]) -> str:
    """How many moments lie in each second."""
    counts = Counter(int(each) for each in seconds)
    return " ".join(f"{second}:{counts[second]}" for second in range(max(counts, default=0) + 1))


def _complaint(outcome: Outcome) -> Iterator[str]:
    seed, number = outcome.seed.split("/")
    yield f"\nWRONG: run {number}; again: make chaos SEED={seed} ONLY={number}"
    yield from (f"  {fault.kind} after {fault.second:.3f} s, {fault.stage}" for fault in outcome.faults)
    yield from (f"  {line}" for line in outcome.wrong)


if __name__ == "__main__":
    sys.exit(main())
