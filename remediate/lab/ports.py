"""The lab's ports: bound before its process starts, and kept from one start to the next."""

import socket
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from remediate.errors import UsageError
from remediate.lab.draw import LabServer
from remediate.lab.keys import public_half
from remediate.lab.paths import LabPaths
from remediate.lab.state import LabPlan

_ANSWER_SECONDS = 20.0
_LOOPBACK = "127.0.0.1"


@contextmanager
def bound(plan: LabPlan) -> Iterator[list[socket.socket]]:
    """A listening socket for each machine, then one for each HTTP task.

    Each is on its former port, or on one that the kernel chooses.

    Raises:
        UsageError: if a port is taken.
    """
    wanted = [(machine.name, machine.port) for machine in plan.machines]
    wanted += [(server.name, server.site.http_port) for server in plan.web_servers if server.site]
    with ExitStack() as stack:
        yield [stack.enter_context(_listen(name, port)) for name, port in wanted]


def _listen(name: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        problem = error.strerror or str(error)
        raise UsageError(
            f"port {port} cannot be had: {problem}",
            where=name,
            cure="end what listens there, or start a lab in another directory",
        ) from None
    return listener


def with_ports(plan: LabPlan, listeners: Sequence[socket.socket]) -> LabPlan:
    """The plan with the ports that `listeners` have."""
    ports = [listener.getsockname()[1] for listener in listeners]
    ssh = dict(zip((machine.name for machine in plan.machines), ports, strict=False))
    http = dict(zip((server.name for server in plan.web_servers), ports[len(ssh) :], strict=True))

    def ported(server: LabServer) -> LabServer:
        site = server.site
        if site is not None and server.name in http:
            site = replace(site, http_port=http[server.name])
        return replace(server, port=ssh[server.machine], site=site)

    return replace(plan, servers=tuple(map(ported, plan.servers)))


def write_known_hosts(lab: LabPaths, plan: LabPlan) -> None:
    """Write the host keys of all machines."""
    lines = []
    for machine in plan.machines:
        key = public_half(lab.of(machine).host_key).read_text(encoding="ascii").split()
        lines.append(f"[{_LOOPBACK}]:{machine.port} {key[0]} {key[1]}\n")
    lab.known_hosts.write_text("".join(lines), encoding="ascii")


def answering(ports: Collection[int]) -> set[int]:
    """Those of the ports on which an SSH server says its name."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    found = set()
    with ExitStack() as stack:
        calls = []
        for port in ports:
            # All are called before the first is waited for, so that they think at the same time.
            sock = stack.enter_context(socket.socket())
            sock.settimeout(max(0.01, deadline - time.monotonic()))
            if sock.connect_ex((_LOOPBACK, port)) == 0:
                calls.append((port, sock))
        for port, sock in calls:
            sock.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                if sock.recv(4) == b"SSH-":
                    found.add(port)
            except OSError:
                continue
    return found
