"""A lab from outside: bring it up, look at it, take it down."""

import os
import pwd
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from remediate.errors import UsageError
from remediate.lab.draw import LabServer, Licence, Platform, ServerState, draw_fleet
from remediate.lab.inventory import write_inventory
from remediate.lab.keys import public_half, write_key
from remediate.lab.openssh import find_sshd, write_sshd_files
from remediate.lab.paths import LabPaths
from remediate.lab.process import LabLock, died, lock_lab, release_lab, start_process, stop_process
from remediate.lab.state import LabPlan, SshServer, read_plan, read_state, write_plan, write_state
from remediate.lab.world import write_world

_ANSWER_SECONDS = 20.0
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class LabFleet:
    """A lab that is up: what is needed to log on to its servers."""

    paths: LabPaths
    user: str
    servers: tuple[LabServer, ...]


@dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """One server of a lab; `up` means that SSH answers."""

    name: str
    port: int
    up: bool
    platform: Platform
    licence: Licence
    renewed_on_portal: bool
    smdreal_running: bool


def lab_up(
    directory: Path,
    *,
    hosts: int = 8,
    seed: int = 0,
    sshd: SshServer = "embedded",
    not_renewed: int | None = None,
) -> LabFleet:
    """Start a lab in `directory` and return when every server answers.

    A new lab is drawn from `hosts`, `seed` and `not_renewed` (how many licences nobody has paid for; a
    quarter unless said). A lab that was taken down comes up again as it was left, on its former ports.

    Raises:
        UsageError: the directory holds something else, another lab, or one that is up; a port is taken;
            there is no sshd for `openssh`; or the numbers are out of range.
        RemediateError: the lab's process did not come up; the error has the last lines of its log.
    """
    lab = LabPaths(directory.resolve())
    drawn = draw_fleet(hosts, seed, not_renewed)
    asked = LabPlan(
        hosts=hosts,
        seed=seed,
        not_renewed=not_renewed,
        sshd=sshd,
        user=pwd.getpwuid(os.geteuid()).pw_name,
        servers=tuple(server for server, _ in drawn),
    )
    if sshd == "openssh":
        find_sshd()
    _prepare_directory(lab)
    lock = lock_lab(lab)
    if lock is None:
        raise UsageError("this lab is up already", where=str(lab.directory), cure="take it down first")
    try:
        plan = _former_plan(lab, asked)
        if plan is None:
            plan = asked
            _write_new_lab(lab, drawn)
        return _start(lab, lock, plan)
    finally:
        release_lab(lock)


def lab_status(directory: Path) -> tuple[ServerStatus, ...]:
    """How each server of the lab in `directory` is, in the order they were drawn.

    Raises:
        UsageError: if there is no lab.
    """
    lab = _existing(directory)
    plan = read_plan(lab)
    lock = lock_lab(lab)
    if lock is not None:
        release_lab(lock)
    answering = _answering([server.port for server in plan.servers]) if lock is None else set()
    status = []
    for server in plan.servers:
        state = read_state(lab.of(server))
        status.append(
            ServerStatus(
                name=server.name,
                port=server.port,
                up=server.port in answering,
                platform=server.platform,
                licence=state.licence,
                renewed_on_portal=state.renewed_on_portal,
                smdreal_running=state.smdreal_running,
            )
        )
    return tuple(status)


def lab_down(directory: Path) -> bool:
    """End the lab's processes, and no others; its files stay. False if it was not up.

    Raises:
        UsageError: if there is no lab.
        RemediateError: if its process does not end.
    """
    return stop_process(_existing(directory))


def _existing(directory: Path) -> LabPaths:
    lab = LabPaths(directory.resolve())
    if not lab.plan.is_file():
        raise UsageError(
            "no lab in this directory", where=str(lab.directory), cure="start one: remediate lab up --dir DIR"
        )
    return lab


def _prepare_directory(lab: LabPaths) -> None:
    cure = "name a new or an empty directory"
    try:
        lab.directory.mkdir(parents=True, exist_ok=True)
        if any(lab.directory.iterdir()) and not lab.plan.is_file():
            raise UsageError("the directory is not empty and is no lab", where=str(lab.directory), cure=cure)
        lab.run.mkdir(exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError(f"no lab can be made here: {problem}", where=str(lab.directory), cure=cure) from None


def _former_plan(lab: LabPaths, asked: LabPlan) -> LabPlan | None:
    """The plan of a lab that was here before, if it is the one that is asked for now."""
    if not lab.plan.is_file():
        return None
    former = read_plan(lab)
    for what in ("hosts", "seed", "not_renewed"):
        if getattr(former, what) != getattr(asked, what):
            raise UsageError(
                f"another lab lies here: its {what} is {getattr(former, what)}, not {getattr(asked, what)}",
                where=str(lab.directory),
                cure="ask for the same lab, name another directory, or delete this one",
            )
    return replace(former, sshd=asked.sshd, user=asked.user)


def _write_new_lab(lab: LabPaths, drawn: Iterable[tuple[LabServer, ServerState]]) -> None:
    write_key(lab.private_key)
    os.mkfifo(lab.console)
    for server, state in drawn:
        paths = lab.of(server)
        paths.run.mkdir()
        write_key(paths.host_key)
        write_state(paths, state)
        write_world(lab, server, state)


def _start(lab: LabPaths, lock: LabLock, plan: LabPlan) -> LabFleet:
    with _bound(plan.servers) as listeners:
        ports = [listener.getsockname()[1] for listener in listeners]
        servers = tuple(replace(server, port=port) for server, port in zip(plan.servers, ports, strict=True))
        plan = replace(plan, servers=servers)
        write_plan(lab, plan)
        _write_known_hosts(lab, plan)
        write_inventory(lab, plan)
        if plan.sshd == "openssh":
            for server in plan.servers:
                write_sshd_files(lab, lab.of(server))
        start_process(lab, lock, listeners)
    # From here on only the lab's process has the ports: if it dies, connections are refused.
    if _answering(ports) != set(ports):
        raise died(lab)
    return LabFleet(paths=lab, user=plan.user, servers=plan.servers)


@contextmanager
def _bound(servers: Sequence[LabServer]) -> Iterator[list[socket.socket]]:
    """A listening socket a server: on its former port, or on one that the kernel chooses."""
    with ExitStack() as stack:
        listeners = []
        for server in servers:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((_LOOPBACK, server.port))
                listener.listen(socket.SOMAXCONN)
            except OSError as error:
                problem = error.strerror or str(error)
                raise UsageError(
                    f"port {server.port} cannot be had: {problem}",
                    where=server.name,
                    cure="end what listens there, or start a lab in another directory",
                ) from None
            listeners.append(listener)
        yield listeners


def _write_known_hosts(lab: LabPaths, plan: LabPlan) -> None:
    lines = []
    for server in plan.servers:
        key = public_half(lab.of(server).host_key).read_text(encoding="ascii").split()
        lines.append(f"[{_LOOPBACK}]:{server.port} {key[0]} {key[1]}\n")
    lab.known_hosts.write_text("".join(lines), encoding="ascii")


def _answering(ports: Sequence[int]) -> set[int]:
    """Those of the ports on which an SSH server says its name."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    answering = set()
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
                    answering.add(port)
            except OSError:
                continue
    return answering
