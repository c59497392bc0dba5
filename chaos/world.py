"""Hosts behind a real sshd, and what a run has made of them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from sshd import Sshd, children

from remediate.hosts.lock import lock_name

PLAYBOOK = Path(__file__).with_name("playbook.yaml")
_LOCKS = tuple(Path(folder, ".remediate-locks") for folder in ("/var/tmp", "/tmp"))  # noqa: S108
_PATIENCE = 60.0

Tree = dict[str, bytes]
"""The files below a host's directory, and its directories with an empty content."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Some hosts of an inventory, which are all this machine; each has a directory of its own."""

    folder: Path
    sshd: Sshd
    hosts: tuple[str, ...]

    @property
    def inventory(self) -> Path:
        """The inventory file."""
        return self.folder / "inventory.yaml"

    @property
    def state(self) -> Path:
        """Where the controller keeps its store."""
        return self.folder / "state"

    @property
    def root(self) -> Path:
        """Below it each host has its directory."""
        return self.folder / "root"

    def lines(self, host: str) -> list[str]:
        """What the commands on a host have appended, in their order."""
        file = self.root / host / "lines"
        return file.read_text().splitlines() if file.exists() else []

    def trees(self) -> dict[str, Tree]:
        """What there is on each host."""
        return {host: dict(_entries(self.root / host)) for host in self.hosts}

    def locks(self) -> list[Path]:
        """Locks of these hosts that are there."""
        names = [lock_name(host, self.sshd.port) for host in self.hosts]
        return [found for folder in _LOCKS for name in names for found in folder.glob(f"{name}.*")]

    def cut(self, which: int | None = None) -> int:
        """Kill what serves the connections, or one of them (of this number, modulo theirs); how many died."""
        leaders = self.sshd.sessions()
        if which is not None and leaders:
            leaders = [leaders[which % len(leaders)]]
        for leader in leaders:
            for process in (leader, *_below(leader)):
                # The shells are left to find out for themselves, as after a broken line.
                if _words(process)[:1] and _words(process)[0].startswith(b"sshd"):
                    with suppress(ProcessLookupError):
                        os.kill(process, 9)
        return len(leaders)

    def hang(self, which: int) -> list[int]:
        """Stop what serves a connection (of this number, modulo theirs); the process ids of what was stopped.

        As when a server hangs: its system keeps the connection up, and nothing comes.
        """
        leaders = self.sshd.sessions()
        if not leaders:
            return []
        leader = leaders[which % len(leaders)]
        found = [
            each for each in (leader, *_below(leader)) if _words(each)[0:1] and b"sshd" in _words(each)[0]
        ]
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        return found

    def processes(self) -> list[str]:
        """Command lines that have to do with these hosts and have not ended after a while."""
        until = time.monotonic() + _PATIENCE
        while (found := self._processes()) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def _processes(self) -> list[str]:
        lines = [b" ".join(_words(int(each.name))) for each in Path("/proc").glob("[0-9]*")]
        found = [line.decode(errors="replace")[:200] for line in lines if os.fsencode(self.root) in line]
        return found + [f"a session of sshd: {pid}" for pid in self.sshd.sessions()]


def make_world(folder: Path, sshd: Sshd) -> World:
    """New hosts behind a running sshd."""
    world = World(folder=folder, sshd=sshd, hosts=("one", "two", "three"))
    for host in world.hosts:
        (world.root / host / "tmp").mkdir(parents=True)
    own = {host: {"ansible_remote_tmp": str(world.root / host / "tmp")} for host in world.hosts}
    common = {**sshd.variables(), "root": str(world.root)}
    world.inventory.write_text(yaml.safe_dump({"all": {"hosts": own, "vars": common}}, sort_keys=False))
    return world


def _entries(top: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(top.rglob("*")):
        yield str(path.relative_to(top)), path.read_bytes() if path.is_file() else b""


def _below(process: int) -> Iterator[int]:
    for child in children(process):
        yield child
        yield from _below(child)


def _words(process: int) -> list[bytes]:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return []


def ended(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    """The exit code of a process that ends within that time; None if it goes on."""
    try:
        return process.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        return None
