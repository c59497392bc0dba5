"""A network with a delay: two TUN devices, one of them in a network namespace, and a line between them.

`tc netem` is not in every kernel, and a TCP proxy would hide what a delay does to TCP itself. Needs root.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NETWORK = "10.77.0.0/16"
"""What is reached over the line; every address of it answers."""

_NAMESPACE = "remediate-bench"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_MTU = 9000


@dataclass(frozen=True, kw_only=True)
class Line:
    """The process that carries the packets, and what to put before a command to run it far away."""

    pid: int
    far: tuple[str, ...]


@contextmanager
def delayed(milliseconds: float) -> Iterator[Line]:
    """A line on which a round trip takes this long."""
    _run("ip", "netns", "add", _NAMESPACE)
    line = None
    try:
        line = subprocess.Popen(
            [sys.executable, "-m", "bench.delay", str(milliseconds / 2000)], stdout=subprocess.PIPE
        )
        os.read(line.stdout.fileno(), 1)  # type: ignore[union-attr]  # it is up
        yield Line(pid=line.pid, far=("ip", "netns", "exec", _NAMESPACE))
    finally:
        if line is not None:
            line.kill()
            line.wait()
        _run("ip", "netns", "delete", _NAMESPACE)


def main() -> None:
    """Make both ends, and carry packets between them until killed; `seconds` one way is the one argument."""
    seconds = float(sys.argv[1])
    os.nice(-20)  # a packet must not be late because the machine is busy
    near = _device("bench-near")
    _run("ip", "address", "add", "10.76.0.1/32", "dev", "bench-near")
    _run("ip", "link", "set", "bench-near", "up", "mtu", str(_MTU))
    _run("ip", "route", "add", NETWORK, "dev", "bench-near")
    far = _device("bench-far")
    _run("ip", "link", "set", "bench-far", "netns", _NAMESPACE)
    inside = ("ip", "-n", _NAMESPACE)
    _run(*inside, "link", "set", "lo", "up")
    _run(*inside, "link", "set", "bench-far", "up", "mtu", str(_MTU))
    _run(*inside, "route", "add", "10.76.0.1/32", "dev", "bench-far")
    _run(*inside, "route", "add", "local", NETWORK, "dev", "lo")
    print("up", flush=True)
    _carry(near, far, seconds)


def _carry(near: int, far: int, seconds: float) -> None:
    waiting: deque[tuple[float, int, bytes]] = deque()  # the delay is one, so the order is that of arrival
    other = {near: far, far: near}
    while True:
        timeout = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
        ready, _, _ = select.select([near, far], [], [], timeout)
        now = time.monotonic()
        for device in ready:
            waiting.append((now + seconds, other[device], os.read(device, _MTU + 100)))
        while waiting and waiting[0][0] <= now:
            _, device, packet = waiting.popleft()
            os.write(device, packet)


def _device(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
