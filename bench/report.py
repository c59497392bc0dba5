"""What reports of a large fleet cost: `PYTHONPATH=tests:. python bench/report.py [HOSTS CHECKS NIGHTS]`."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chromium import browsed
from fleet_examples import days, finding, keep_recheck, report, task

from remediate.cli.reporting import WRITERS
from remediate.store.findings import Finding, Severity

T = TypeVar("T")


def main() -> None:
    """Print seconds and megabytes of each part."""
    hosts, checks, nights = map(int, sys.argv[1:4] or ("5000", "10", "3"))
    print(f"{hosts} hosts, {checks} checks, {nights} nights")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        number = timed("written", lambda: [night(store, each, hosts, checks) for each in range(nights)])[-1]
        size = sum(each.stat().st_size for each in store.iterdir())
        print(f"{'store':<11} {size / 1e6:17.2f} MB")
        view = timed("gathered", lambda: report(store, number))
        texts = {name: timed(name, lambda write=write: write(view)) for name, write in WRITERS.items()}
        page = Path(folder) / "page.html"
        page.write_text(texts["html"])
        with browsed(width=1200) as tab:
            timed("browser", lambda: (tab.goto(page.as_uri()), tab.screenshot()))
            timed("sorted", lambda: tab.get_by_role("button", name="Host").click())
            timed("sifted", lambda: (tab.fill("#find", "h77"), tab.wait_for_timeout(150)))
    print(f"memory      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:6.0f} MB at most")


def night(store: Path, night: int, hosts: int, checks: int) -> int:
    """A re-check in which every tenth host has something to tell; the number of its run."""

    def found(host: int, check: int) -> Finding:
        name = f"h{host}.example.com"
        if check == 0:
            return days(name, 400 - host % 300 - night, "warning" if host % 10 == 0 else "ok")
        severity: Severity = "critical" if host % 10 == check and night % 3 != check % 3 else "ok"
        return finding(name, f"check number {check} of them all", severity, message="it is otherwise")

    findings = [found(host, check) for host in range(hosts) for check in range(checks)]
    tasks = [
        task(
            f"h{host}.example.com",
            "a line of it",
            "changed" if host % 20 == 0 else "ok",
            diff="-red\n+blue\n",
        )
        for host in range(hosts)
    ]
    return keep_recheck(store, f"2026-03-{night + 1:02}T06:00:00+00:00", findings, tasks)


def timed(what: str, do: Callable[[], T]) -> T:
    """Print how long something takes, and how large it is if it is a text."""
    began = time.monotonic()
    made = do()
    size = f"  {len(made.encode()) / 1e6:6.2f} MB" if isinstance(made, str) else ""
    print(f"{what:<11} {time.monotonic() - began:6.2f} s{size}", flush=True)
    return made


if __name__ == "__main__":
    main()
