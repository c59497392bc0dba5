"""What the tests of the command line share: a folder to work in, and hosts that need no SSH."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from change_desk import Desk
from runs import Hosts, TestHost

from remediate.cli import reaching, running
from remediate.cli.main import main
from remediate.facts.base import Output
from remediate.hosts.target import Become, Target

Command = Callable[..., tuple[int, str, str]]


class Forbidden(Hosts):
    """No host may be made: whoever does so would contact it."""

    def host(self, target: object) -> object:  # type: ignore[override]
        raise AssertionError(f"{target} was about to be contacted")


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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one; the state goes there too, and the home is in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for name in ("root", "home", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def hosts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> OwnHosts:
    """This machine stands for every host."""
    made = OwnHosts(folder / "tmp")
    for module in (running, reaching):
        monkeypatch.setattr(module, "Fleet", lambda: made)
    return made


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be contacted."""
    monkeypatch.setattr(running, "Fleet", Forbidden)


@pytest.fixture
def remediate(folder: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line: its exit code, stdout and stderr."""

    def command(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(words)
        return (code, *capfd.readouterr())

    return command


@pytest.fixture
def desk(folder: Path, remediate: Command, hosts: OwnHosts) -> Desk:
    """A change to be planned; this machine stands for its hosts."""
    return Desk(folder, remediate)
