"""What a history of years costs: `PYTHONPATH=tests:. python bench/history.py [RUNS HOSTS CHECKS]`."""

import contextlib
import io
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet_examples import COUNTS, days, finding

from remediate.canonical import storable
from remediate.cli.main import main as remediate
from remediate.store.chain import link
from remediate.store.database import FILE, open_database, store_key
from remediate.store.findings import Findings, Recheck, compared
from remediate.store.journal import ENDED
from remediate.store.seals import seal
from remediate.store.writer import begin

_COMMANDS = (
    ("history",),
    ("history", "show", "7"),
    ("history", "verify"),
    ("report", "--last"),
    ("report", "--since", "90d"),
    ("history", "prune", "--keep", "90d", "--check"),
    ("history", "prune", "--keep", "90d"),
)


def main() -> None:
    """Print seconds of each command, and the length of what it tells."""
    runs, hosts, checks = map(int, sys.argv[1:4] or ("20000", "4", "3"))
    print(f"{runs} re-checks, an hour apart, of {hosts} hosts with {checks} checks each")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.monotonic()
        _write(folder, runs, hosts, checks)
        size = (folder / FILE).stat().st_size / 1e6
        print(f"{'written':<32} {time.monotonic() - began:6.2f} s, {size:.1f} MB")
        for words in _COMMANDS:
            out, began = io.StringIO(), time.monotonic()
            with contextlib.redirect_stdout(out):
                code = remediate([*words, "--state-dir", name])
            told = f"exit code {code}, {len(out.getvalue().splitlines())} lines"
            print(f"{' '.join(words):<32} {time.monotonic() - began:6.2f} s, {told}", flush=True)
    print(f"{'memory':<32} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:6.0f} MB at most")


def _write(folder: Path, runs: int, hosts: int, checks: int) -> None:
    """The store as so many re-checks leave it, without waiting for the disk after each."""
    first = datetime.now(UTC) - timedelta(hours=runs)
    names = [f"h{host}.example.com" for host in range(hosts)]
    ended = {name: {**dict.fromkeys(COUNTS, 0), "ok": checks, "stopped": False} for name in names}
    body = storable({"hosts": ended, "interrupted": False, "dry_run": True, "seconds": 12.5})
    with contextlib.closing(open_database(folder, make=True)) as database:
        key, findings = store_key(folder), Findings(database, folder / FILE)
        database.execute("PRAGMA synchronous = OFF")
        standing = ()
        for run in range(runs):
            at = (first + timedelta(hours=run)).isoformat(timespec="milliseconds")
            head = {"recheck": "nightly", "began": at, "user": "ann", "machine": "desk"}
            number, begun = begin(database, key, {**head, "playbooks": ["recheck.yaml"], "content": None})
            end = link(begun, "1", at, ENDED, "", body)
            row = (number, 1, at, ENDED, "", body, end)
            database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            seal(database, key, number, 1, end)
            found = [days(name, 400 - run % 390, "warning" if run % 390 > 370 else "ok") for name in names]
            found += [finding(name, f"check {n}") for name in names for n in range(checks - 1)]
            standing = compared(found, standing, at)
            findings.keep(Recheck(run=number, name="nightly", time=at, findings=standing))


if __name__ == "__main__":
    main()
