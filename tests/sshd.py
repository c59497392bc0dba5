"""Real OpenSSH servers on loopback for tests: own port, own host keys, own authorized_keys."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from needs import require

from remediate.hosts.target import Target


def make_key(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new private key in `file`, its public key beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    bits = ["-b", "2048"] if kind == "rsa" else []
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", "test", "-f", str(file)], check=True
    )
    return file


def held_port(address: str = "127.0.0.1") -> socket.socket:
    """A socket that keeps a port of loopback: nobody listens there, and nobody else is given it.

    As both say SO_REUSEADDR, an sshd that is told this port can have it all the same.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, 0))
    return sock


class Sshd:
    """One sshd that runs while the `with` block does.

    Everything of it is in `directory`: `client_key`, `known_hosts` (which knows it), `log`. Keys are made
    once for a directory, so that a second server in the same one is the same host.
    """

    def __init__(
        self,
        directory: Path,
        *,
        options: Mapping[str, str] | None = None,
        host_key_kinds: tuple[str, ...] = ("ed25519",),
        address: str = "127.0.0.1",
    ) -> None:
        require("sshd", "ssh-keygen")
        self.directory = directory
        self.address = address
        self._place = held_port(address)
        self.port = int(self._place.getsockname()[1])
        self.client_key = directory / "client_key"
        self.known_hosts = directory / "known_hosts"
        self.log = directory / "sshd.log"
        self.host_keys = [directory / f"host_{kind}" for kind in host_key_kinds]
        self._options = dict(options or {})
        self._kinds = host_key_kinds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Sshd":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._place.close()

    @property
    def pid(self) -> int:
        """The process id of the listening server."""
        assert self._process is not None
        return self._process.pid

    def target(self, name: str = "web1", **changes: object) -> Target:
        """This server as a Target: the right key, the right host key, the user of this process."""
        values: dict[str, object] = {
            "name": name,
            "address": self.address,
            "port": self.port,
            "private_key": str(self.client_key),
            "known_hosts": str(self.known_hosts),
        }
        return Target(**{**values, **changes})  # type: ignore[arg-type]

    def variables(self) -> dict[str, object]:
        """This server as the variables of an inventory host."""
        return {
            "ansible_host": self.address,
            "ansible_port": self.port,
            "ansible_ssh_private_key_file": str(self.client_key),
            "ssh_known_hosts": str(self.known_hosts),
        }

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_it_answers()

    def command(self) -> list[str]:
        """What starts it, with all it needs in `directory`."""
        self._make_keys()
        config = self._write_config()
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        check = subprocess.run(
            [program, "-t", "-f", str(config)], capture_output=True, text=True, check=False
        )
        if check.returncode:
            raise RuntimeError(f"sshd does not take its configuration: {check.stderr}")
        return [program, "-D", "-f", str(config), "-E", str(self.log)]

    def stop(self) -> None:
        """End the server; connections that are open live on."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def sessions(self) -> list[int]:
        """The process ids of the connections that are open, each the leader of what serves it."""
        return children(self.pid)

    def _make_keys(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        for file, kind in zip(self.host_keys, self._kinds, strict=True):
            if not file.exists():
                make_key(file, kind)
        if not self.client_key.exists():
            make_key(self.client_key)
        public = self.client_key.with_suffix(".pub").read_text()
        authorized = self.directory / "authorized_keys"
        if not authorized.exists():
            authorized.write_text(public)
            authorized.chmod(0o644)
        lines = [f"[{self.address}]:{self.port} {f.with_suffix('.pub').read_text()}" for f in self.host_keys]
        self.known_hosts.write_text("".join(lines))

    def _write_config(self) -> Path:
        values = {
            "ListenAddress": self.address,
            "Port": str(self.port),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "yes",
            "MaxStartups": "100",
            "LogLevel": "VERBOSE",
            "SetEnv": "SHLVL=2",  # a bash as login shell then passes over this machine's ~/.bashrc
            **self._options,
        }
        authorized = str(self.directory / "authorized_keys")
        if os.getuid() == 0:  # other users may not look into a test's directory
            values["AuthorizedKeysFile"] = "none"
            values["AuthorizedKeysCommand"] = f"/bin/cat {authorized}"
            values["AuthorizedKeysCommandUser"] = "root"
        else:
            values["AuthorizedKeysFile"] = authorized
        lines = [f"HostKey {file}\n" for file in self.host_keys]
        lines += [f"{name} {value}\n" for name, value in values.items()]
        config = self.directory / "sshd_config"
        config.write_text("".join(lines))
        return config

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            if self._process.poll() is not None:
                raise RuntimeError(f"sshd did not start: {self.log.read_text()}")
            try:
                with socket.create_connection((self.address, self.port), 5) as sock:
                    if sock.recv(4) == b"SSH-":
                        break
            except OSError:
                time.sleep(0.01)
        else:
            raise RuntimeError("sshd does not answer")
        while self.sessions() and time.monotonic() < limit:  # what has just answered is none that is open
            time.sleep(0.01)


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


def is_gone(pid: int) -> bool:
    """Whether a process ends within half a minute, or has ended; a zombie has."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
