"""Prints what a plan for a large fleet takes to write and to read: run this file."""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from plans import large_plan

from remediate.review.plan_file import read_plan, write_plan


def measure(path: Path, *, alike: bool) -> None:
    """One plan for 2,000 hosts of 40 tasks."""
    plan = large_plan(2000, 40, alike=alike)
    began = time.process_time()
    write_plan(plan, path)
    written = time.process_time()
    del plan
    read_plan(path)
    read = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"2,000 hosts x 40 tasks, {'the same on all' if alike else 'other diffs on each'}: "
        f"{path.stat().st_size / 1e6:.1f} MB, CPU seconds: written in {written - began:.1f}, "
        f"read in {read - written:.1f}, peak of the process {peak:.0f} MB"
    )


with tempfile.TemporaryDirectory() as directory:
    for same in (True, False):
        measure(Path(directory) / "change.plan", alike=same)
