"""What it takes to keep and to show a plan for a fleet: `python bench/plan.py [HOSTS TASKS]`."""

import io
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from chromium import opened
from plan_examples import IDENTITY, fleet

from remediate.reports.plan_html import page
from remediate.reports.plan_markdown import markdown
from remediate.reports.plan_text import print_plan
from remediate.reports.plan_view import PlanView, view_of
from remediate.review.plan_file import read_plan, write_plan


def main() -> None:
    """Print seconds and megabytes of each view."""
    hosts, tasks = map(int, sys.argv[1:3] or ("2000", "40"))
    plan = fleet(hosts, tasks)
    print(f"{hosts} hosts, {tasks} tasks")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "change.plan"
        began = time.monotonic()
        write_plan(plan, path)
        print(f"written   {time.monotonic() - began:6.2f} s  {path.stat().st_size / 1e6:6.2f} MB")
        began = time.monotonic()
        plan = read_plan(path).plan
        print(f"read      {time.monotonic() - began:6.2f} s")
    began = time.monotonic()
    view = view_of(plan, identity=IDENTITY, approved_by=())
    print(f"folding   {time.monotonic() - began:6.2f} s")
    texts = {}
    for name, write in (("terminal", _text), ("markdown", markdown), ("html", page)):
        began = time.monotonic()
        texts[name] = write(view)
        print(f"{name:<9} {time.monotonic() - began:6.2f} s  {len(texts[name].encode()) / 1e6:6.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        opened(Path(folder), texts["html"])
        print(f"browser   {time.monotonic() - began:6.2f} s, with its own start")
    print(f"memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:6.0f} MB at most")


def _text(view: PlanView) -> str:
    out = io.StringIO()
    print_plan(view, out)
    return out.getvalue()


if __name__ == "__main__":
    main()
