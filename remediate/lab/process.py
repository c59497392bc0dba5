"""The lab's one background process: started, found again, ended.

It is known by a lock, not by its number: whoever holds the lock on `run/lab.pid` is the lab, and writes its
number into that file. A number left over from a process that has died is never used, whoever has it now.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NewType

from remediate.errors import RemediateError
from remediate.lab.paths import LabPaths

LabLock = NewType("LabLock", int)
"""A descriptor that holds the lock; inherited by the lab's process, which then holds it too."""

_MODULE = "remediate.lab.server"
_END_SECONDS = 15.0
_LOG_LINES = 8


def lock_lab(lab: LabPaths) -> LabLock | None:
    """Take the lab's lock; None if the lab is up (or another caller is just about to start it)."""
    descriptor = os.open(lab.pid, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return LabLock(descriptor)


def release_lab(lock: LabLock) -> None:
    """Let go of this process's hold; the lock stays while the lab's process has it."""
    os.close(lock)


def start_process(lab: LabPaths, lock: LabLock, listeners: Sequence[socket.socket]) -> None:
    """Start the lab's process with its lock and ports; returns when it is on its own.

    Raises:
        RemediateError: if it ended at once.
    """
    numbers = [int(lock), *(listener.fileno() for listener in listeners)]
    command = [sys.executable, "-m", _MODULE, str(lab.directory), *map(str, numbers)]
    with lab.log.open("wb") as log:
        status = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=numbers,
            start_new_session=True,
            check=False,
        ).returncode
    if status:
        raise died(lab)


def stop_process(lab: LabPaths) -> bool:
    """End the lab's process and wait until it is gone; False if there was none.

    Raises:
        RemediateError: if it does not end, even when killed.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        lock = lock_lab(lab)
        if lock is not None:
            release_lab(lock)
            return number is signal.SIGKILL
        with suppress(ProcessLookupError, ValueError):
            pid = int(lab.pid.read_text(encoding="ascii"))
            if is_lab_process(lab, pid):
                os.kill(pid, number)
        if _wait_for_end(lab):
            return True
    raise RemediateError("the lab's process does not end", where=str(lab.pid), cure="end it by hand")


def is_lab_process(lab: LabPaths, pid: int) -> bool:
    """Whether `pid` is this lab's process by its command line; where /proc is missing, the lock must do.

    The lock alone may be held, for a moment, by a caller that looks at or starts a lab whose process died.
    """
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self").exists()
    return _MODULE.encode() in arguments and os.fsencode(lab.directory) in arguments


def end_world_processes(lab: LabPaths) -> None:
    """End what sessions have left behind: whatever has its HOME in a world, as far as /proc tells.

    A real sshd lets a silent command run on when its client has gone; no parent leads to it any more.
    """
    home = b"HOME=" + os.fsencode(lab.hosts) + b"/"
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if any(entry.startswith(home) for entry in environment.read_bytes().split(b"\0")):
                os.kill(int(environment.parent.name), signal.SIGTERM)


def died(lab: LabPaths) -> RemediateError:
    """The error for a lab whose process is not there any more, with its last words."""
    lines = lab.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return RemediateError(
        "the lab's process ended before its servers answered: " + "\n  ".join(["", *lines]).rstrip(),
        where=str(lab.log),
        cure="mend what its log says and start the lab again",
    )


def _wait_for_end(lab: LabPaths) -> bool:
    deadline = time.monotonic() + _END_SECONDS
    while time.monotonic() < deadline:
        lock = lock_lab(lab)
        if lock is not None:
            release_lab(lock)
            return True
        time.sleep(0.01)
    return False
