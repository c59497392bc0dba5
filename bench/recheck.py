"""What it takes to look at a fleet again and again: `python bench/recheck.py [HOSTS CHECKS LOOKS]`."""

import contextlib
import io
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.quick import names, use_quick_hosts
from remediate.cli.main import main as remediate
from remediate.errors import Unreachable
from remediate.store.database import FILE
from remediate.store.findings import compared, open_findings

_DOWN, _SHORT = 20, 10
"""One host in so many cannot be reached, and one has a licence that expires soon, from the second look on."""


@dataclass
class _Site:
    """What the hosts are like, which changes after the first look."""

    looks: int = 0

    def answer(self, name: str) -> bytes:
        """How many days a host's licence has left."""
        number = int(name.removeprefix("host"))
        if self.looks > 1 and number % _DOWN == 0:
            raise Unreachable("no route to host", where=name)
        return b"12\n" if self.looks > 1 and number % _SHORT == 1 else b"90\n"


def _playbook(checks: int) -> str:
    tasks = ["    - {name: ask, command: {cmd: licence, read_only: true}, register: said}"]
    tasks += [f"    - {{name: check {n}, assert: {{that: said.rc == 0}}}}" for n in range(checks - 2)]
    tasks += ["    - {name: days, figure: {value: '{{ said.stdout }}', unit: d, warning: 30, critical: 7}}"]
    return "\n".join(["- name: look", "  hosts: all", "  tasks:", *tasks, ""])


def main() -> None:
    """Print seconds, the length of what is told, and the size of the store, look by look."""
    hosts, checks, looks = map(int, sys.argv[1:4] or ("2000", "6", "10"))
    site = _Site()
    use_quick_hosts(site.answer)
    print(f"{hosts} hosts, {checks} checks on each, one of them the connection")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "p.yaml").write_text(_playbook(checks))
        words = ["recheck", str(folder / "p.yaml"), "-i", names(hosts), "--state-dir", name]
        for look in range(1, looks + 1):
            site.looks = look
            out, began = io.StringIO(), time.monotonic()
            with contextlib.redirect_stdout(out):
                code = remediate([*words, *(["--monitoring"] if look == looks else [])])
            taken, size = time.monotonic() - began, (folder / FILE).stat().st_size
            told = f"{len(out.getvalue().splitlines())} lines, {len(out.getvalue())} characters"
            print(f"look {look:<3} {taken:6.2f} s, exit code {code}, {told}; store {size / 1e6:.1f} MB")
        began = time.monotonic()
        with open_findings(folder) as kept:
            standing = kept.standing("p")
        read = time.monotonic() - began
        compared(standing, standing, "now")
        print(f"compared  {time.monotonic() - began:6.2f} s, {read:.2f} s of it reading what stands")
    print(f"memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:6.0f} MB at most")


if __name__ == "__main__":
    main()
