"""`make bench`: the same ten steps with `remediate` and with its peers, in figures."""

import argparse
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import results
from bench.compare import Figure, Fleet, compared
from bench.peers import FABRIC, LOGIN, OPENSSH, REMEDIATE, Peer, ansible, installed, pyinfra, versions
from bench.simulated import simulated
from bench.slow import slow_fleet
from bench.tables import comparison, growth, simulation, slowness

PARTS = ("fleets", "simulated", "slow")


def main() -> int:
    """Measure, print the tables, and write figures, tables and chart."""
    options = _options()
    known: dict[str, Any] = results.read(options.out) if options.out is not None else {}
    for part in options.parts:
        known[part] = {**_about(), **_MEASURED[part](options)}
        if options.out is not None:  # what has been measured is kept even if a later part fails
            results.write(options.out, known)
    return 0


def _fleets(options: argparse.Namespace) -> dict[str, Any]:
    peers = _peers(options)
    figures: list[Figure] = []
    for some in compared(options.fleets, peers, options.limits, options.rounds):
        figures += some
        print(*comparison(some), "", sep="\n", flush=True)
    print(*growth(figures), "", sep="\n", flush=True)
    return {"versions": versions(peers), "figures": [asdict(each) for each in figures]}


def _simulated(options: argparse.Namespace) -> dict[str, Any]:
    runs = list(simulated(options.simulated))
    print(*simulation(runs), "", sep="\n", flush=True)
    return {"figures": [asdict(each) for each in runs]}


def _slow(options: argparse.Namespace) -> dict[str, Any]:
    runs = [slow_fleet(size) for size in options.slow]
    print(*slowness(runs), "", sep="\n", flush=True)
    return {"figures": [asdict(each) for each in runs]}


_MEASURED = {"fleets": _fleets, "simulated": _simulated, "slow": _slow}


def _about() -> dict[str, Any]:
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--parts", type=_words, default=",".join(PARTS), help="what is measured")
    parser.add_argument(
        "--fleets",
        type=_fleets_in,
        default="1,10,50,200,1000,50@20,200@20",
        help="real sshd: hosts, or hosts@milliseconds for a round trip",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="how often each phase is measured; of one host alone thrice as often",
    )
    parser.add_argument(
        "--peers", type=_words, default="openssh,login,fabric,pyinfra,ansible", help="the others"
    )
    parser.add_argument(
        "--limits",
        type=_limits,
        default="ansible=50,pyinfra=200,fabric=200",
        help="tools that take part in fleets of up to so many hosts only, because it would take hours",
    )
    parser.add_argument("--simulated", type=_sizes, default="1000,10000", help="sizes of fleets without SSH")
    parser.add_argument(
        "--slow", type=_sizes, default="50,200", help="sizes of fleets with a tenth dead or slow"
    )
    parser.add_argument("--environment", type=Path, default=Path(".bench"), help="where peers are installed")
    parser.add_argument(
        "--out",
        type=Path,
        help="a directory: its speed.json, speed.svg and the tables in speed.md are renewed",
    )
    return parser.parse_args()


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _sizes(text: str) -> list[int]:
    return [int(word) for word in _words(text)]


def _fleets_in(text: str) -> list[Fleet]:
    return [Fleet.read(word) for word in _words(text)]


def _limits(text: str) -> dict[str, int]:
    return {tool: int(most) for tool, _, most in (word.partition("=") for word in _words(text))}


def _peers(options: argparse.Namespace) -> list[Peer]:
    programs = Path()
    if {"pyinfra", "ansible"} & set(options.peers):
        programs = installed(options.environment.absolute(), ["pyinfra", "ansible-core"])
    known = {each.name: each for each in (LOGIN, OPENSSH, FABRIC, pyinfra(programs), ansible(programs))}
    return [REMEDIATE, *(known[name] for name in options.peers)]


if __name__ == "__main__":
    sys.exit(main())
