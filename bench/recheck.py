"""What it takes to look at a fleet again and again: `python bench/recheck.py [HOSTS CHECKS LOOKS]`."""

import contextlib
import io
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from remediate.cli import running
from remediate.cli.main import main as remediate
from remediate.errors import Unreachable
from remediate.facts.base import Output
from remediate.hosts.host import Host
from remediate.hosts.target import Become, Target
from remediate.store.database import FILE
from remediate.store.findings import compared, open_findings

_DOWN, _SHORT = 20, 10
"""One host in so many cannot be reached, and one has a licence that expires soon, from the second look on."""


class _Fleet:
    """Hosts that answer at once, so that the tool's own work is what is measured."""

    looks = 0

    def host(self, target: Target) -> Host:
        """One of them; there is no connection to close."""
        return _Quick(target.name, int(target.name.removeprefix("host")))  # type: ignore[return-value]


class _Quick:
    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self._number = number

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        if _Fleet.looks > 1 and self._number % _DOWN == 0:
            raise Unreachable("no route to host", where=self.name)
        days = 12 if _Fleet.looks > 1 and self._number % _SHORT == 1 else 90
        return [Output(status=0, stdout=f"{days}\n".encode()) for _ in scripts]

    def close(self) -> None:
        """Nothing is open."""


def _playbook(checks: int) -> str:
    tasks = ["    - {name: ask, command: {cmd: licence, read_only: true}, register: said}"]
    tasks += [f"    - {{name: check {n}, assert: {{that: said.rc == 0}}}}" for n in range(checks - 2)]
    tasks += ["    - {name: days, figure: {value: '{{ said.stdout }}', unit: d, warning: 30, critical: 7}}"]
    return "\n".join(["- name: look", "  hosts: all", "  tasks:", *tasks, ""])


def main() -> None:
    """Print seconds, the length of what is told, and the size of the store, look by look."""
    hosts, checks, looks = map(int, sys.argv[1:4] or ("2000", "6", "10"))
    setattr(running, "Fleet", _Fleet)  # noqa: B010 - it is no name that others are to import
    print(f"{hosts} hosts, {checks} checks on each, one of them the connection")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "p.yaml").write_text(_playbook(checks))
        fleet = ",".join(f"host{number}" for number in range(1, hosts + 1))
        words = ["recheck", str(folder / "p.yaml"), "-i", fleet, "--state-dir", name]
        for look in range(1, looks + 1):
            _Fleet.looks = look
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
