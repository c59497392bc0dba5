"""What the tests of the command line share: a folder to work in, and hosts that need no SSH."""

from collections.abc import Callable
from pathlib import Path

import pytest
from change_desk import Desk
from own_hosts import OwnHosts
from runs import Hosts

from remediate.cli import reaching, running
from remediate.cli.main import main

Command = Callable[..., tuple[int, str, str]]


class Forbidden(Hosts):
    """No host may be made: whoever does so would contact it."""

    def host(self, target: object) -> object:  # type: ignore[override]
        raise AssertionError(f"{target} was about to be contacted")


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
