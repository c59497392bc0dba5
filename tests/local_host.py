"""This machine as a host: shells that are here run the scripts, framed as over SSH."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import pytest
from needs import require, require_root

from remediate.errors import DeadlinePassed, TaskFailed
from remediate.facts.base import Fact, Output
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.hosts.framing import Batch
from remediate.hosts.http import fetch
from remediate.hosts.target import Become

SHELLS: Mapping[str, tuple[str, ...]] = {
    "dash": ("dash",),
    "bash": ("bash",),
    "busybox": ("busybox", "sh"),
    "ksh93": ("ksh93",),
    "mksh": ("mksh",),
    "posh": ("posh",),
}
"""The command of each shell that scripts are proven under."""

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
"""What makes a command run without any right of its own, if this user is root."""


OLD_TOOLS = ("cat", "cksum", "dd", "ls", "rm", "mv", "cp", "chmod", "chown", "chgrp", "date", "tr")
"""What scripts may count on everywhere: no SHA-256 among it."""


def old_path(folder: Path) -> tuple[str, ...]:
    """What makes a command find nothing but OLD_TOOLS, and the shells; `folder` gets links to them."""
    folder.mkdir(exist_ok=True)
    for name in (*OLD_TOOLS, *(words[0] for words in SHELLS.values())):
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    return ("env", f"PATH={folder}")


class LocalHost:
    """A `Host` of this machine. Each batch runs in a shell of its own; it cannot become another user."""

    def __init__(self, shell: str = "dash", *, name: str = "local", through: Sequence[str] = ()) -> None:
        require(SHELLS[shell][0])
        if through[:1] == NOBODY[:1]:
            require_root()
        self.name = name
        self.sent: list[tuple[str, ...]] = []
        """The scripts of each round trip, oldest first."""
        self.requests: list[str] = []
        """Method and path of each HTTP request, oldest first; the logins before them are not counted."""
        self._command = (*through, *SHELLS[shell])

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        """See `Host.ask`."""
        if not scripts:
            return []
        if become is not None:
            raise TaskFailed(f"this host becomes nobody else: {become}", where=self.name)
        self.sent.append(tuple(scripts))
        batch = Batch(scripts)
        stdout, stderr = self._run(batch.text, deadline)
        batch.feed(stdout, stderr)
        if not batch.complete:
            raise TaskFailed(f"the shell ended: {batch.complaint.decode(errors='replace')}", where=self.name)
        return batch.outputs()

    def send(
        self, script: str, pieces: Iterable[bytes], *, become: Become | None = None, deadline: float
    ) -> Output:
        """See `Host.send`."""
        if become is not None:
            raise TaskFailed(f"this host becomes nobody else: {become}", where=self.name)
        self.sent.append((script,))
        batch = Batch([script], fed=True)
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=pipe, cwd="/", start_new_session=True
        ) as shell:
            timer = threading.Timer(deadline, os.killpg, (shell.pid, signal.SIGKILL))
            timer.start()
            try:
                error = self._feed(shell, batch, pieces)
            finally:
                timer.cancel()
        if not batch.complete:
            raise TaskFailed(f"the shell ended: {batch.complaint.decode(errors='replace')}", where=self.name)
        if error is not None:
            raise error
        return batch.outputs()[0]

    def _feed(
        self, shell: "subprocess.Popen[bytes]", batch: Batch, pieces: Iterable[bytes]
    ) -> TaskFailed | None:
        """Send the pieces when the shell has read its text, as over SSH; what they raised."""
        stdin, stdout, stderr = cast(tuple[IO[bytes], ...], (shell.stdin, shell.stdout, shell.stderr))
        error = None
        with contextlib.suppress(BrokenPipeError):  # the script wants no more
            stdin.write(batch.text)
            stdin.flush()
            while batch.pid is None and (line := stdout.readline()):
                batch.feed(line, b"")
            try:
                for piece in pieces:
                    stdin.write(piece)
            except TaskFailed as failed:
                error = failed
            stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        batch.feed(stdout.read(), stderr.read())
        return error

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        """See `Host.fetch`: from this machine, without a tunnel."""
        self.requests.append(f"{request.method} {request.path}")
        return fetch(request, _dial, deadline)

    def aside(self, scripts: Sequence[str], *, become: Become | None, deadline: float) -> list[Output]:
        """See `Host.aside`."""
        batch = Batch(scripts)
        batch.feed(*self._run(batch.text, deadline))
        return batch.outputs() if become is None and batch.complete else []

    def close(self) -> None:
        """See `Host.close`."""

    def _run(self, text: bytes, deadline: float) -> tuple[bytes, bytes]:
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=pipe, cwd="/", start_new_session=True
        ) as shell:
            try:
                return shell.communicate(text, timeout=deadline)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)  # with all that it started and that holds the pipes
                raise DeadlinePassed(f"no answer within {deadline:g} s", where=self.name) from None


def _dial(endpoint: Endpoint, seconds: float) -> socket.socket:
    return socket.create_connection((endpoint.address, endpoint.port), seconds)


def run(script: str, shell: str = "dash", *, through: Sequence[str] = ()) -> Output:
    """What one script leaves behind under one shell."""
    return LocalHost(shell, through=through).ask([script], deadline=120)[0]


def answer(fact: Fact[Any], shell: str = "dash", *, through: Sequence[str] = ()) -> Any:
    """What this machine answers to one question."""
    return answers([fact], shell, through=through)[0]


def answers(facts: Sequence[Fact[Any]], shell: str = "dash", *, through: Sequence[str] = ()) -> list[Any]:
    """What this machine answers to some questions, asked in one go."""
    host = LocalHost(shell, through=through)
    outputs = host.ask([fact.ask() for fact in facts], deadline=120)
    return [fact.parse(output) for fact, output in zip(facts, outputs, strict=True)]


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A new directory that every user may look into, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def tree(root: Path) -> dict[bytes, tuple[Any, ...]]:
    """Every path below `root` with its kind, mode, owner, links and content: equal means bytewise."""
    found: dict[bytes, tuple[Any, ...]] = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118 - names that are no UTF-8
            found[os.path.relpath(path, top)] = _state(path)
    return found


def _state(path: bytes) -> tuple[Any, ...]:
    status = os.lstat(path)
    who = (status.st_mode, status.st_uid, status.st_gid)
    if os.path.islink(path):  # noqa: PTH114
        return (*who, os.readlink(path))  # noqa: PTH115
    if os.path.isfile(path):  # noqa: PTH113
        with open(path, "rb") as file:  # noqa: PTH123
            return (*who, status.st_nlink, file.read())
    return who
