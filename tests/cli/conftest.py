"""What the tests of the command line share: a folder to work in, and hosts that need no SSH."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts

from remediate.cli import running
from remediate.cli.main import main

Command = Callable[..., tuple[int, str, str]]


class Forbidden(Hosts):
    """No host may be made: whoever does so would contact it."""

    def host(self, target: object) -> object:  # type: ignore[override]
        raise AssertionError(f"{target} was about to be contacted")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one; the state goes there too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "root").mkdir()
    return tmp_path


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """This machine stands for every host."""
    made = Hosts()
    monkeypatch.setattr(running, "Fleet", lambda: made)
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
