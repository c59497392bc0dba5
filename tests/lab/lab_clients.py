"""What the lab's tests log on with, and how they wait for the console."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from remediate.lab import LabFleet
from remediate.lab.draw import LabServer

DEADLINE = 60.0


@contextmanager
def connect(fleet: LabFleet, server: LabServer, *, user=None, key=None) -> Iterator[paramiko.Transport]:
    """A connection that trusts the lab's known_hosts and nothing else."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    known = paramiko.HostKeys(str(fleet.paths.known_hosts))
    transport = paramiko.Transport(sock)
    try:
        transport.connect(
            hostkey=known.lookup(f"[127.0.0.1]:{server.port}")["ssh-ed25519"],
            username=user or fleet.user,
            pkey=key or paramiko.Ed25519Key(filename=str(fleet.paths.private_key)),
        )
        yield transport
    finally:
        transport.close()


def start(transport: paramiko.Transport, command: str) -> paramiko.Channel:
    """Ask for a command; its output is still to come."""
    channel = transport.open_session(timeout=DEADLINE)
    channel.settimeout(DEADLINE)
    channel.exec_command(command)
    return channel


def finish(channel: paramiko.Channel) -> tuple[int, bytes, bytes]:
    """Exit status, output and errors of a command that was started."""
    out = b"".join(iter(lambda: channel.recv(65536), b""))
    err = b"".join(iter(lambda: channel.recv_stderr(65536), b""))
    status = channel.recv_exit_status()
    channel.close()
    return status, out, err


def run(transport: paramiko.Transport, command: str) -> tuple[int, bytes, bytes]:
    """Run a command without input: exit status, output, errors."""
    channel = start(transport, command)
    channel.shutdown_write()
    return finish(channel)


def run_on(fleet: LabFleet, server: LabServer, command: str) -> tuple[int, bytes, bytes]:
    """The same, on a connection of its own."""
    with connect(fleet, server) as transport:
        return run(transport, command)


def of_case(fleet: LabFleet, case: str, wanted=lambda server: True) -> LabServer:
    """A server of the articles' fleet that was drawn in this state."""
    return next(server for server in fleet.servers if server.site.case == case and wanted(server))


def say(fleet: LabFleet, server: LabServer, command: str) -> tuple[int, bytes, bytes]:
    """Send a console command as an administrator's script would."""
    paths = fleet.paths.of(server)
    if server.platform == "ibmi":
        doubled = command.replace("'", "''")
        return run_on(fleet, server, f"system \"SBMDOMCMD CMD('{doubled}') SERVER({server.name.upper()})\"")
    if server.platform == "windows":
        return run_on(fleet, server, f"cd '{paths.program}' && ./nserver -c '{command}'")
    return run_on(fleet, server, f"cd '{paths.data}' && '{paths.program}/bin/server' -c '{command}'")


def alive(pid: int | str) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(true, what: str):
    """Wait for another process to have done something."""
    end = time.monotonic() + DEADLINE
    while not (found := true()):
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.005)
    return found


def ask(fleet: LabFleet, server: LabServer, command: str, last: str) -> str:
    """What the console log gains by `command`, up to a line with `last` in it."""
    log = fleet.paths.of(server).console_log
    offset = size(log)
    assert say(fleet, server, command) == (0, b"", b"")

    def gained() -> str:
        text = log.read_bytes()[offset:].decode(server.log_encoding) if log.exists() else ""
        return text if last in text and text.endswith("\n") else ""

    return until(gained, f"the answer to {command!r}")


def size(path: Path) -> int:
    """How long a file is; one that is not there is empty."""
    return path.stat().st_size if path.exists() else 0


def bytes_below(directory: Path) -> dict[str, bytes | None]:
    """Every file and folder below `directory`, with its content."""
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in sorted(directory.rglob("*"))
    }
