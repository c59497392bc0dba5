"""What it takes to make, to keep and to show a plan for a fleet: `python bench/plan.py [HOSTS TASKS]`."""

import contextlib
import io
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chromium import opened
from plan_examples import IDENTITY, fleet

from bench.quick import names, use_quick_hosts
from remediate.cli.main import main as remediate
from remediate.reports.plan_html import page
from remediate.reports.plan_markdown import markdown
from remediate.reports.plan_text import print_plan
from remediate.reports.plan_view import PlanView, view_of
from remediate.review.plan_file import read_plan, write_plan


def main() -> None:
    """Print seconds and megabytes of each view."""
    hosts, tasks = map(int, sys.argv[1:3] or ("2000", "40"))
    print(f"{hosts} hosts, {tasks} tasks")
    began = time.monotonic()
    _make(hosts, tasks)
    print(f"made      {time.monotonic() - began:6.2f} s, of a dry run of hosts that answer at once")
    plan = fleet(hosts, tasks)
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


def _make(hosts: int, tasks: int) -> None:
    """The whole command, with commands as tasks; the plans that are shown have all kinds of changes."""
    use_quick_hosts(lambda _: b"")
    lines = [f"    - shell: step {number} on {{{{ inventory_hostname }}}}" for number in range(tasks)]
    with tempfile.TemporaryDirectory() as name:
        playbook = Path(name) / "p.yaml"
        playbook.write_text("\n".join(["- hosts: all", "  tasks:", *lines, ""]))
        words = ["plan", str(playbook), "-i", names(hosts), "-o", f"{name}/p.plan", "--state-dir", name]
        with contextlib.redirect_stdout(io.StringIO()):
            code = remediate(words)
        if code != 0:
            raise RuntimeError(f"'remediate plan' ended with {code}")


def _text(view: PlanView) -> str:
    out = io.StringIO()
    print_plan(view, out)
    return out.getvalue()


if __name__ == "__main__":
    main()
