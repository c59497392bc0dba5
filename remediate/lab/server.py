"""The lab's background process: `python -m remediate.lab.server DIRECTORY LOCK_FD LISTENER_FD...`.

`lab_up` starts it with the lock held and the ports bound already, so that neither is lost between the two.
"""

import logging
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from remediate.lab.articleworld import drift
from remediate.lab.draw import LabServer
from remediate.lab.embedded import EmbeddedSshd
from remediate.lab.faults import FaultyService, ServerFaults, Service, faults_together, spread_faults
from remediate.lab.keys import read_public_key
from remediate.lab.openssh import OpenSshd, find_sshd
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.process import end_world_processes
from remediate.lab.simulator import Simulator
from remediate.lab.state import LabPlan, read_plan
from remediate.lab.web import WebTask

_log = logging.getLogger("remediate.lab")


def main() -> None:
    """Serve until SIGTERM."""
    directory, lock, *listeners = sys.argv[1:]
    detach()
    # What this process starts must not keep the lock, nor the ports.
    for descriptor in (int(lock), *map(int, listeners)):
        os.set_inheritable(descriptor, False)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    # A client that only looks whether the port answers is no news.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    lab = LabPaths(Path(directory))
    _keep_pid(int(lock))
    serve(lab, read_plan(lab), [socket.socket(fileno=int(number)) for number in listeners])


def detach() -> None:
    """Go on as a child of no one, so that whoever called `lab_up` has nobody to wait for."""
    if os.fork():
        os._exit(0)
    os.chdir("/")
    # Inherited from a caller under nohup, this would keep hang-ups from the sessions' commands.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def serve(lab: LabPaths, plan: LabPlan, listeners: list[socket.socket]) -> None:
    """Answer on `listeners`, the machines' and then the HTTP tasks', until SIGTERM or SIGINT."""
    ended, end = socket.socketpair()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.send(b"x"))
    simulator = Simulator(lab, plan)
    threading.Thread(target=simulator.run, name="lab-console", daemon=True).start()
    servers = [*_open_servers(lab, plan), *_web_tasks(lab, plan)]
    selector = selectors.DefaultSelector()
    selector.register(ended, selectors.EVENT_READ)
    for listener, server in zip(listeners, servers, strict=True):
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, server)
    _log.info("up with %d servers", len(plan.servers))
    while _accept_those_ready(selector):
        pass
    for listener in listeners:
        listener.close()
    for server in servers:
        server.close()
    end_world_processes(lab)
    simulator.stop()
    _log.info("down")


def _accept_those_ready(selector: selectors.BaseSelector) -> bool:
    for key, _ in selector.select():
        if key.data is None:
            return False
        try:
            sock, _ = key.fileobj.accept()  # type: ignore[union-attr]
            sock.setblocking(True)
            # Two small packets in a row would otherwise wait 40 ms for an acknowledgement.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            key.data.serve(sock)
        except OSError as error:
            _log.warning("a connection could not be served: %s", error)
    return True


def _open_servers(lab: LabPaths, plan: LabPlan) -> list[Service]:
    faults = spread_faults(plan.faults, plan.servers, plan.seed)
    services: list[Service] = []
    for machine in plan.machines:
        partitions = plan.partitions(machine)
        together = faults_together(faults[server.name] for server in partitions)
        drifting = [lab.of(server) for server in partitions if faults[server.name].has("drift")]
        sshd = _sshd(lab, plan, machine, together)
        services.append(FaultyService(sshd, together, drift=partial(_drift_all, drifting)))
    return services


def _drift_all(partitions: Sequence[ServerPaths]) -> None:
    for paths in partitions:
        drift(paths)


def _web_tasks(lab: LabPaths, plan: LabPlan) -> list[Service]:
    faults = spread_faults(plan.faults, plan.servers, plan.seed)
    return [WebTask(lab.of(server), faults=faults[server.name]) for server in plan.web_servers]


def _sshd(lab: LabPaths, plan: LabPlan, machine: LabServer, faults: ServerFaults) -> Service:
    if plan.sshd == "openssh":
        return OpenSshd(lab.of(machine), sshd=find_sshd())
    return EmbeddedSshd(
        lab.of(machine),
        user=plan.user,
        authorized=read_public_key(lab.public_key),
        forward=plan.web_ports(machine),
        faults=faults,
    )


def _keep_pid(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


if __name__ == "__main__":
    main()
