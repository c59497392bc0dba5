"""A fleet on this machine: one sshd, an address for each host, and directories in place of file systems."""

import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sshd import Sshd

from bench.work.state import make_state

NEAR = "127.10.0.0/16"
"""Where the hosts are without a delay: on loopback."""


_OPTIONS = {"MaxStartups": "4096", "LogLevel": "ERROR", "Subsystem": "sftp internal-sftp"}


@dataclass(frozen=True, kw_only=True)
class BenchHost:
    """One host."""

    name: str
    address: str


@dataclass(frozen=True, kw_only=True)
class BenchFleet:
    """Hosts behind real sshd, and how to log in to them as root."""

    folder: Path
    hosts: tuple[BenchHost, ...]
    port: int
    key: Path
    known_hosts: Path

    def state(self, tool: str, host: BenchHost) -> Path:
        """The directory that a tool works on as on this host."""
        return self.folder / "state" / tool / host.name

    def renew(self, tool: str) -> None:
        """All hosts as this tool has never touched them."""
        shutil.rmtree(self.folder / "state" / tool, ignore_errors=True)
        for host in self.hosts:
            make_state(self.state(tool, host))


def bench_hosts(number: int, network: str = NEAR) -> tuple[BenchHost, ...]:
    """So many hosts with names of the same length, each with an address of its own."""
    addresses = ipaddress.ip_network(network).hosts()
    return tuple(
        BenchHost(name=f"host{each:05d}", address=str(next(addresses))) for each in range(1, number + 1)
    )


@contextmanager
def fleet(folder: Path, number: int, *, network: str = NEAR, far: Sequence[str] = ()) -> Iterator[BenchFleet]:
    """So many hosts, each with an address in `network`; `far` is put before the command that starts sshd."""
    hosts = bench_hosts(number, network)
    server = Sshd(folder / "sshd", address="0.0.0.0", options=_OPTIONS)  # noqa: S104
    process = subprocess.Popen([*far, *server.command()])
    try:
        key = (server.directory / "host_ed25519.pub").read_text()
        known = "".join(f"[{host.address}]:{server.port} {key}" for host in hosts)
        server.known_hosts.write_text(known)
        made = BenchFleet(
            folder=folder,
            hosts=hosts,
            port=server.port,
            key=server.client_key,
            known_hosts=server.known_hosts,
        )
        _wait_until_it_answers(made)
        yield made
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(made: BenchFleet) -> None:
    limit = time.monotonic() + 15
    while True:
        try:
            socket.create_connection((made.hosts[0].address, made.port), 1).close()
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)
        else:
            return
