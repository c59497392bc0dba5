"""One command measured: wall time, CPU and memory of it and of all that it starts."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.1
_SETTLING_SECONDS = 0.5
"""After it the servers have ended the sessions, whose CPU is theirs."""
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a command took: seconds, seconds of CPU, and bytes of memory at its peak (sampled)."""

    wall: float
    cpu: float
    elsewhere: float
    """Seconds of CPU that all other processes of the machine took: the servers, and what disturbs."""
    memory: int


def measured(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: Path, expected: int = 0
) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it did not end with the expected exit code; what it said is in `log`.
    """
    busy = _busy() - time.process_time()
    with log.open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        peak = _Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)  # Popen.wait would poll
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    memory = peak.stop()  # what the system says, ru_maxrss, begins with what this process had when it forked
    if process.returncode != expected:
        said = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said}")
    time.sleep(_SETTLING_SECONDS)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(
        wall=wall, cpu=cpu, elsewhere=max(_busy() - time.process_time() - busy - cpu, 0.0), memory=memory
    )


class _Peak:
    """Looks now and then at how much memory a process and its descendants hold."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS if self._peak else 0.02):
            self._peak = max(self._peak, sum(map(_resident, _family(self._pid))))


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        try:
            threads = list(Path(f"/proc/{each}/task").iterdir())
            found += [int(word) for one in threads for word in (one / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _busy() -> float:
    """Seconds for which the processors of this machine have worked since it was started."""
    user, nice, system, _idle, _waiting, irq, softirq, *_ = (
        int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / _TICK


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has taken so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICK
