"""The worlds behind the machine's real sshd: each accepted connection goes to an `sshd -i` of its own.

The lab keeps the listening sockets, so that no port is free for a moment between being chosen and being used,
and no sshd outlives the lab. Each server has its own configuration and host key; no root is needed.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from remediate.bourne import quote
from remediate.errors import UsageError
from remediate.lab.paths import LabPaths, ServerPaths

_PRIVILEGE_SEPARATION = Path("/run/sshd")


def find_sshd() -> str:
    """The path of sshd, which is often not on an ordinary user's PATH.

    Raises:
        UsageError: if there is none.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("sshd", path=places)
    if found is None:
        raise UsageError(
            "--sshd openssh needs sshd, and there is none on this machine",
            cure="apt-get install openssh-server, or use --sshd embedded",
        )
    # sshd must be started by its absolute path.
    return str(Path(found).absolute())


def write_sshd_files(
    lab: LabPaths, paths: ServerPaths, *, forward: Sequence[int] = (), shell: Sequence[str] = ("/bin/sh",)
) -> None:
    """Write the configuration of one server's sshd and the wrapper that enters its world.

    Its clients may connect through it to the ports in `forward` on loopback, and to nothing else. `shell`
    is what runs their commands.
    """
    _enter(paths).write_text(_wrapper(paths, shell), encoding="utf-8")
    _config(paths).write_text(_configuration(lab, paths, forward), encoding="utf-8")


class OpenSshd:
    """The SSH side of one server: hands accepted sockets to sshd."""

    def __init__(self, paths: ServerPaths, *, sshd: str) -> None:
        self._paths = paths
        self._sshd = sshd
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        if os.geteuid() == 0:
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755, parents=True, exist_ok=True)

    def serve(self, sock: socket.socket) -> None:
        """Let an sshd speak on `sock` from now on; returns at once."""
        with sock, (self._paths.run / "sshd.log").open("ab") as log:
            process = subprocess.Popen(
                [self._sshd, "-i", "-e", "-f", str(_config(self._paths))],
                stdin=sock.fileno(),
                stdout=sock.fileno(),
                stderr=log,
                start_new_session=True,
            )
        with self._lock:
            self._running.add(process)
        threading.Thread(target=self._reap, args=(process,), name="lab-sshd", daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            groups = [process.pid for process in self._running]
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        with self._lock:
            self._running.discard(process)


def _enter(paths: ServerPaths) -> Path:
    return paths.run / "enter"


def _config(paths: ServerPaths) -> Path:
    return paths.run / "sshd_config"


def _wrapper(paths: ServerPaths, shell: Sequence[str]) -> str:
    environment = " ".join(quote(f"{name}={value}") for name, value in paths.environment.items())
    words = " ".join(map(quote, shell))
    return f"""#!/bin/sh
# What sshd runs in place of any command: the command, in the server's world.
cd {quote(str(paths.home))} || exit 1
if test -n "${{SSH_ORIGINAL_COMMAND+set}}"; then
  exec env -i {environment} {words} -c "$SSH_ORIGINAL_COMMAND"
fi
exec env -i {environment} {words}
"""


def _configuration(lab: LabPaths, paths: ServerPaths, forward: Sequence[int]) -> str:
    # "%" begins a token of sshd's in these, and quotes keep blanks in a path together.
    authorized = '"' + str(lab.public_key).replace("%", "%%") + '"'
    settings = {
        "HostKey": f'"{paths.host_key}"',
        "AuthorizedKeysFile": authorized,
        "ForceCommand": f"exec /bin/sh {quote(str(_enter(paths)))}",
        "AuthenticationMethods": "publickey",
        "PermitRootLogin": "yes",
        "StrictModes": "no",
        "UsePAM": "no",
        "UseDNS": "no",
        "PrintMotd": "no",
        "PermitTTY": "no",
        "AllowTcpForwarding": "local" if forward else "no",
        "PermitOpen": " ".join(f"{name}:{port}" for port in forward for name in ("127.0.0.1", "localhost"))
        or "none",
        "PidFile": "none",
        # Lest bash take itself for a login from afar and read the user's .bashrc before the wrapper.
        "SetEnv": "SHLVL=2",
        "LogLevel": "INFO",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())
