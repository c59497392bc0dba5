"""Claimed scripts on this machine: a home directory, and what its user sends."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from local_host import SHELLS, run

from remediate.bourne import quote
from remediate.facts.base import Output
from remediate.hosts.once import once
from remediate.hosts.spool import Spool

CLAIMING = sorted(set(SHELLS) - {"posh"})
"""The shells that read their text from standard input and arguments too, as POSIX says; posh does not."""
SPOOL = Spool(run=f"run-{os.getpid()}")
"""Of a run that no other test process has: in the list of processes, claims are known by their names."""

each_shell = pytest.mark.parametrize("shell", CLAIMING)


class Home:
    """A home directory, and what is sent by its user."""

    def __init__(self, path: Path, *, without: str | None = None, more: Sequence[str] = ()) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self.through = (*more, "env", f"HOME={path}")
        if without is not None:
            tools = path.parent / "tools"
            tools.mkdir()
            for folder in os.get_exec_path():
                for file in Path(folder).iterdir() if Path(folder).is_dir() else ():
                    if file.name != without and not (tools / file.name).is_symlink():
                        (tools / file.name).symlink_to(file)
            self.through = (*self.through, f"PATH={tools}")

    def send(self, script: str, key: str = "0.1", shell: str = "dash", spool: Spool = SPOOL) -> Output:
        """What comes of a claimed script."""
        return self.ask(once(script, spool=spool, key=key), shell)

    def ask(self, text: str, shell: str = "dash") -> Output:
        """What comes of a text."""
        return run(text, shell, through=self.through)

    def begin(self, script: str, key: str = "0.1", shell: str = "dash") -> "subprocess.Popen[bytes]":
        """A shell that starts a claimed script, in a session of its own."""
        text = once(script, spool=SPOOL, key=key)
        return subprocess.Popen(
            [*self.through, *SHELLS[shell], "-c", f"( eval {quote(text)} )"],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def claim(self, key: str = "0.1") -> Path:
        """Where a claim is."""
        return self.path / ".remediate" / SPOOL.run / key

    def pid(self, key: str = "0.1") -> int:
        """The process of a claim, when it has begun."""
        until(lambda: written(self.claim(key) / "pid"))
        return int((self.claim(key) / "pid").read_text())


def written(file: Path) -> bool:
    """Whether there is a line in a file."""
    return file.is_file() and file.read_text().endswith("\n")


def until(holds: object) -> None:
    """Wait until something holds."""
    limit = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < limit
        time.sleep(0.01)
