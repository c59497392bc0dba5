"""This machine as hosts whose locks lie in a folder of their own, so that tests may run side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from runs import Hosts, TestHost

from remediate.cli import running
from remediate.facts.base import Output
from remediate.hosts.target import Become, Target


class OwnHost(TestHost):
    """A TestHost whose locks are in a directory of the test's own, as everybody's /var/tmp."""

    def __init__(self, name: str, tmp: Path) -> None:
        super().__init__(name)
        self._tmp = str(tmp)

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        own = [script.replace("/var/tmp", self._tmp) for script in scripts]
        return super().ask(own, become=become, deadline=deadline)


class OwnHosts(Hosts):
    """Makes an OwnHost for each target that was not made otherwise."""

    def __init__(self, tmp: Path) -> None:
        super().__init__()
        self._tmp = tmp

    def host(self, target: Target) -> TestHost:
        self.targets[target.name] = target
        return self.made.setdefault(target.name, OwnHost(target.name, self._tmp))

    def round_trips(self, name: str) -> int:
        """How often a host was asked something."""
        return len(self.made[name].sent)


def work_in(folder: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder with these files the current one, and of the state; this machine is all hosts."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    for name in ("root", "kept", "tmp"):
        (folder / name).mkdir()
    hosts_here = OwnHosts(folder / "tmp")
    monkeypatch.setattr(running, "Fleet", lambda: hosts_here)
    for name, text in files.items():
        (folder / name).write_text(text)
