"""What ssh_config adds to a target: its place, its user, the keys, the jump hosts on the way."""

import getpass
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import paramiko

from remediate.errors import Unreachable
from remediate.hosts.target import Target

_SYSTEM = Path("/etc/ssh/ssh_config")
_MAX_JUMPS = 8
_TOKEN = re.compile("%.")
_PLAIN = re.compile(r"[\w.:%+@][\w.:%+@-]*")


class Route(NamedTuple):
    """A target with everything decided."""

    target: Target
    host: str
    port: int
    user: str
    key_files: Sequence[str]
    """The named keys; if there are none, the agent's and the usual ones are tried."""
    jumps: Sequence[Target]
    """The hosts to go through, the nearest first."""
    proxy_command: str | None
    known_hosts: tuple[Path, ...]


class Routes:
    """Looks targets up in ssh_config, each address once a run. Threads may share one."""

    def __init__(self, ssh_config: str | None) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, Any]] = {}
        self._config = _Config()
        files = [Path(ssh_config)] if ssh_config else [Path("~/.ssh/config").expanduser(), _SYSTEM]
        for file in files:
            if file.is_file() or ssh_config:
                self._read(file)

    def find(self, target: Target) -> Route:
        """The route to a target: its own variables first, then ssh_config, then the defaults.

        Raises:
            Unreachable: ssh_config cannot be made sense of for this host.
        """
        entry = self._lookup(target.address)
        host = str(entry.get("hostname", target.address))
        port = target.port or _port(entry.get("port", "22"), target)
        user = str(target.user or entry.get("user") or getpass.getuser())
        names = {"%h": host, "%n": target.address, "%p": str(port), "%r": user}
        return Route(
            target=target,
            host=host,
            port=port,
            user=user,
            key_files=self._key_files(target, entry),
            jumps=self._jumps(target, host, str(entry.get("proxyjump", "none"))),
            proxy_command=_proxy_command(str(entry.get("proxycommand", "none")), names, target),
            known_hosts=_known_hosts(target, entry),
        )

    def _read(self, file: Path) -> None:
        try:
            with file.open(encoding="utf-8") as lines:
                self._config.parse(lines)
        except OSError as error:
            raise Unreachable(f"{file} cannot be read: {error.strerror}") from None
        except (paramiko.ConfigParseError, ValueError) as error:
            raise Unreachable(f"{file} is not valid: {error}") from None

    def _lookup(self, address: str) -> dict[str, Any]:
        with self._lock:
            if address not in self._found:
                try:
                    self._found[address] = dict(self._config.lookup(address))
                except Exception as error:  # `Match exec`, canonicalisation and tokens fail in many ways
                    raise Unreachable(f"ssh_config cannot be applied to {address}: {error}") from None
            return self._found[address]

    def _key_files(self, target: Target, entry: dict[str, Any]) -> Sequence[str]:
        if target.private_key:
            return (target.private_key,)
        listed = [str(file) for file in entry.get("identityfile", ())]
        return tuple(file for file in listed if Path(file).expanduser().is_file())

    def _jumps(self, target: Target, host: str, text: str, depth: int = 0) -> Sequence[Target]:
        if text.lower() == "none":
            return ()
        if depth == _MAX_JUMPS:
            raise Unreachable("the jump hosts lead in a circle", where=target.name, cure="check ProxyJump")
        jumps = [_jump_target(target, hop) for hop in text.split(",")]
        entries = [self._lookup(jump.address) for jump in jumps]
        names = [str(entry.get("hostname", jump.address)) for jump, entry in zip(jumps, entries, strict=True)]
        if host in names:
            return ()  # `Host *` with a ProxyJump means the jump host itself as well
        before = self._jumps(jumps[0], names[0], str(entries[0].get("proxyjump", "none")), depth + 1)
        return (*before, *jumps)


class _Config(paramiko.SSHConfig):
    """ssh_config, in which a block of another host costs next to nothing: there are as many as hosts."""

    def _allowed_tokens(self, key: str) -> list[str]:
        """None in a ProxyCommand: what they stand for there, may be said by the inventory."""
        return [] if key == "proxycommand" else super()._allowed_tokens(key)  # type: ignore[misc]

    def _does_match(self, match_list: list[Any], *rest: Any) -> Any:
        return match_list and super()._does_match(match_list, *rest)  # type: ignore[misc]


def _jump_target(target: Target, hop: str) -> Target:
    user, _, place = hop.strip().removeprefix("ssh://").rpartition("@")
    address, port = _host_and_port(place)
    return Target(
        name=address,
        address=address,
        port=_port(port, target) if port else None,
        user=user or None,
        known_hosts=target.known_hosts,
        accept_new=target.accept_new,
        connect_timeout=target.connect_timeout,
    )


def _host_and_port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        address, _, rest = place[1:].partition("]")
        return address, rest.removeprefix(":")
    address, colon, port = place.partition(":")
    return (place, "") if ":" in port or not colon else (address, port)


def _port(text: str, target: Target) -> int:
    if text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise Unreachable(f"ssh_config says Port {text}", where=target.name, cure="use a number from 1 to 65535")


def _proxy_command(text: str, names: Mapping[str, str], target: Target) -> str | None:
    if text.lower() == "none":
        return None
    for token in sorted(set(_TOKEN.findall(text)) & names.keys()):
        if not _PLAIN.fullmatch(names[token]):  # as OpenSSH does
            what = f"'{names[token]}' cannot stand for {token} in a ProxyCommand: a shell would read it"
            raise Unreachable(what, where=target.name, cure="take a name of letters, digits, dots and dashes")
    return _TOKEN.sub(lambda found: {**names, "%%": "%"}.get(found[0], found[0]), text)


def _known_hosts(target: Target, entry: dict[str, Any]) -> tuple[Path, ...]:
    if target.known_hosts:
        return (Path(target.known_hosts).expanduser(),)
    user = str(entry.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2")).split()
    system = str(
        entry.get("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")
    ).split()
    return tuple(Path(file).expanduser() for file in user + system if file != "none")
