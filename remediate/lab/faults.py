"""Faults on demand: what each is called, on which servers it is, and how connections suffer from it.

A fault is written `KIND`, `KIND:NUMBER` and, for one server alone, `KIND@HOST` or `KIND:NUMBER@HOST`. Without
a host it is on a quarter of the fleet, drawn from the seed. They belong to one start of a lab.
"""

import os
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from remediate.errors import UsageError
from remediate.lab.draw import LabServer
from remediate.records import dataclass
from remediate.spelling import nearest

FAULTS: Mapping[str, tuple[str, int]] = {
    "slow_host": ("every connection and every console answer comes NUMBER seconds late", 2),
    "silent_console": ("console commands are taken and never answered", 0),
    "failing_update": ("no licence can be updated online", 0),
    "cut": ("the connection is cut before the NUMBER-th piece of input reaches a shell, once", 4),
    "cut_after": ("the same, but the shell has got it", 4),
    "refusing": ("the first NUMBER connections are closed at once", 2),
    "read_only": ("ScanMail's configuration and its directory cannot be written, not even by root", 0),
    "full_disk": ("sessions cannot write files", 0),
    "clock_wrong": ("the console's dates are NUMBER days ahead", 400),
    "somebody_edits": (
        "whoever reads a document over HTTP, ScanMail's configuration or notes.ini finds it changed right "
        "after, NUMBER times each",
        1,
    ),
    "drift": ("with the NUMBER-th connection, smdreal and the configuration change", 2),
}
"""Each kind of fault: what it does, and its number unless another is said.

The connections that a lab makes itself as it starts are not counted; those of `lab_status` are.
"""

FULL_DISK = ("/bin/sh", "-c", 'ulimit -f 0; trap "" XFSZ; exec /bin/sh "$@"', "sh")
"""A shell that can write to no file: the nearest to a full disk that needs no root."""

SUBMISSIVE = (
    "setpriv",
    "--inh-caps=-dac_override",
    "--bounding-set=-dac_override",
    "--",
)
"""What runs a shell of root's so that a file's mode holds for it, too."""

_SPELLING = re.compile(r"([a-z_]+)(?::(\d{1,4}))?(?:@(.+))?")


@dataclass(frozen=True)
class ServerFaults:
    """The faults of one server, by kind, with their numbers."""

    numbers: Mapping[str, int]

    def has(self, kind: str) -> bool:
        """Whether this fault is on."""
        return kind in self.numbers

    def get(self, kind: str) -> int:
        """Its number; 0 if it is not on."""
        return self.numbers.get(kind, 0)

    @property
    def shell(self) -> Sequence[str]:
        """What sessions run as their shell."""
        shell = FULL_DISK if self.has("full_disk") else ("/bin/sh",)
        return (*SUBMISSIVE, *shell) if self.has("read_only") and os.geteuid() == 0 else shell


NO_FAULTS = ServerFaults({})


def spread_faults(asked: Collection[str], servers: Sequence[LabServer], seed: int) -> dict[str, ServerFaults]:
    """The faults of every server.

    Raises:
        UsageError: if there is no such fault or no such server.
    """
    found: dict[str, dict[str, int]] = {server.name: {} for server in servers}
    names = list(found)
    for text in sorted(asked):
        kind, number, host = _parse(text)
        if host is not None and host not in found:
            raise UsageError(f"fault '{text}': no server '{host}'", cure="name one of: " + ", ".join(names))
        rng = random.Random(f"fault/{seed}/{kind}")  # noqa: S311 - a draw that must repeat
        for name in [host] if host else rng.sample(names, (len(names) + 3) // 4):
            found[name][kind] = number
    return {name: ServerFaults(numbers) for name, numbers in found.items()}


def faults_together(each: Iterable[ServerFaults]) -> ServerFaults:
    """What a machine suffers from: the faults of all its partitions, the greatest number of each."""
    numbers: dict[str, int] = {}
    for faults in each:
        for kind, number in faults.numbers.items():
            numbers[kind] = max(number, numbers.get(kind, 0))
    return ServerFaults(numbers)


def _parse(text: str) -> tuple[str, int, str | None]:
    match = _SPELLING.fullmatch(text)
    if match is None or match[1] not in FAULTS:
        cure = nearest(text, FAULTS) or "choose from: " + ", ".join(FAULTS)
        raise UsageError(f"no fault is called '{text}'", cure=f"{cure}; `remediate lab faults` explains them")
    return match[1], FAULTS[match[1]][1] if match[2] is None else int(match[2]), match[3]


class Service(Protocol):
    """What the lab needs of an SSH server, or of an HTTP task."""

    def serve(self, sock: socket.socket) -> None:
        """Speak on an accepted connection; returns at once."""

    def close(self) -> None:
        """End all connections."""


class FaultyService:
    """A service whose connections come late, are refused, or find the server changed."""

    def __init__(self, service: Service, faults: ServerFaults, *, drift: Callable[[], None]) -> None:
        self._service = service
        self._faults = faults
        self._drift = drift
        self._connections = -1  # the first is the lab's own

    def serve(self, sock: socket.socket) -> None:
        """Speak on an accepted connection, if it is not refused; returns at once."""
        self._connections += 1
        if 1 <= self._connections <= self._faults.get("refusing"):
            sock.close()
            return
        if self._connections and self._connections == self._faults.get("drift"):
            self._drift()
        if self._connections and self._faults.has("slow_host"):
            threading.Thread(target=self._serve_late, args=(sock,), name="lab-late", daemon=True).start()
        else:
            self._service.serve(sock)

    def close(self) -> None:
        """End all connections."""
        self._service.close()

    def _serve_late(self, sock: socket.socket) -> None:
        time.sleep(self._faults.get("slow_host"))
        self._service.serve(sock)


class Cutter:
    """Counts the pieces of input that reach a server's shells, and says when to cut the line: once."""

    def __init__(self, faults: ServerFaults) -> None:
        self._before = faults.get("cut")
        self._after = faults.get("cut_after")
        self._lock = threading.Lock()
        self._count = 0

    def piece(self) -> tuple[bool, bool]:
        """Count one more: whether to cut before it, and whether after it."""
        with self._lock:
            self._count += 1
            return self._count == self._before, self._count == self._after
