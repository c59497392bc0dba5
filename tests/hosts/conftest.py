"""Servers and accounts that the tests of this folder share."""

import math
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from claims import SPOOL, Home
from hosts_makers import MakeAccount, MakeHost, OverdueWhen
from lines import Line
from local_host import public_path
from locks import Ask, asker
from needs import require, require_root
from sshd import Sshd

from remediate.engine.state import HostState
from remediate.hosts.fleet import Fleet
from remediate.hosts.framing import Batch
from remediate.hosts.host import SshHost
from remediate.hosts.spool import Spool
from remediate.hosts.target import Target

__all__ = ["public_path"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server with today's settings."""
    with Sshd(tmp_path_factory.mktemp("sshd")) as sshd:
        yield sshd


@pytest.fixture
def connect() -> Iterator[MakeHost]:
    """Makes hosts of targets, and closes them afterwards."""
    fleet = Fleet(ssh_config=os.devnull, pause=0.01)
    hosts: list[SshHost] = []

    def make(target: Target) -> SshHost:
        hosts.append(fleet.host(target))
        return hosts[-1]

    yield make
    for host in hosts:
        host.close()
    fleet.close()


@pytest.fixture
def overdue_when(monkeypatch: pytest.MonkeyPatch) -> OverdueWhen:
    """Has a deadline pass once, as soon as something holds: on a busy machine it is not too early either.

    It is known by then which process is at work: who does not know that cannot stop it.
    """

    def make(holds: Callable[[], object]) -> None:
        passed = False
        known: set[int] = set()

        class KnownBatch(Batch):
            def feed(self, stdout: bytes, stderr: bytes) -> None:
                super().feed(stdout, stderr)
                known.update([] if self.pid is None else [self.pid])

        def monotonic() -> float:
            nonlocal passed
            if not passed and known and holds():
                passed = True
                return math.inf
            return time.monotonic()

        monkeypatch.setattr("remediate.hosts.shell.Batch", KnownBatch)
        monkeypatch.setattr("remediate.hosts.shell.time", SimpleNamespace(monotonic=monotonic))

    return make


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP socket that accepts and does nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture(scope="session")
def account() -> Iterator[MakeAccount]:
    """Makes users `remtest-*` on this machine, and removes them afterwards."""
    require_root()
    require("sudo", "tcsh", "useradd")
    names: list[str] = []
    rules: list[Path] = []

    def make(
        name: str, *, login_shell: str = "/bin/sh", password: str | None = None, sudo: str | None = None
    ) -> str:
        user = f"remtest-{os.getpid()}-{name}"
        subprocess.run(["useradd", "-M", "-d", "/", "-p", "*", "-s", login_shell, user], check=True)
        names.append(user)
        if password is not None:
            subprocess.run(["chpasswd"], input=f"{user}:{password}", text=True, check=True)
        if sudo is not None:
            rule = Path("/etc/sudoers.d") / user
            rule.write_text(f"{user} ALL=(ALL) {sudo}\n")
            rule.chmod(0o440)
            rules.append(rule)
        return user

    yield make
    for rule in rules:
        rule.unlink()
    for name in names:
        subprocess.run(["userdel", "-f", name], check=True, capture_output=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home directory."""
    return Home(tmp_path / "home")


@pytest.fixture
def ask(public_path: Path) -> Ask:
    """Carries a text out with its locks in a directory of the test's own, as everybody's /var/tmp."""
    (public_path / "tmp").mkdir()
    (public_path / "tmp").chmod(0o1777)
    return asker(public_path / "tmp")


@pytest.fixture
def line(tmp_path: Path, connect: MakeHost) -> Iterator[Line]:
    """A server of its own, with a spool and a directory to work in."""
    (tmp_path / "root").mkdir()
    (tmp_path / "tmp").mkdir()
    with Sshd(tmp_path / "sshd") as server:
        spool = Spool(run=SPOOL.run, directory=str(tmp_path / "tmp"))
        state = HostState(host=connect(server.target()), dry_run=False, spool=spool)
        yield Line(server, state, tmp_path / "root")
        state.host.close()
