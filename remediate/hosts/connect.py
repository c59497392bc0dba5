"""Opening Fabric connections: everything that is read once a run, and one attempt to connect."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from remediate.hosts.lean_fabric import fabric

# isort: split
import paramiko

from remediate.errors import Unreachable
from remediate.hosts.algorithms import make_transport
from remediate.hosts.keys import KeyRing, Login
from remediate.hosts.known_hosts import KnownHosts, host_name
from remediate.hosts.proxies import ProxySocket
from remediate.hosts.refusals import Attempt, explain
from remediate.hosts.routes import Route, Routes
from remediate.hosts.sockets import BufferedSocket, allow_many, dial
from remediate.hosts.target import Target

# What paramiko would log is said in one line by the errors here.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


_REMEMBERED = 3.0
"""Seconds for which a jump host that was lost is not tried again."""


class Connector:
    """Opens connections for the hosts of one run. Threads may share one."""

    def __init__(self, ssh_config: str | None) -> None:
        allow_many()
        self._routes = Routes(ssh_config)
        self._ring = KeyRing()
        self._lock = threading.Lock()
        self._known: dict[tuple[Path, ...], KnownHosts] = {}
        self._jumps: dict[tuple[Target, ...], _Jump] = {}
        # Neither Fabric's own configuration files nor a second reading of ssh_config may interfere.
        config = fabric.Config(lazy=True, ssh_config=paramiko.SSHConfig())
        self._pattern = fabric.Connection("pattern", config=config)
        self._authentication = self._pattern.authentication

    def open(self, target: Target) -> fabric.Connection:
        """One attempt to connect and log in, through the jump hosts if there are any.

        Raises:
            Attempt: it failed; the error for the user is in it, and whether trying again makes sense.
        """
        route = self._route(target)
        return self._open(route, self._through(route.jumps))

    def close(self) -> None:
        """Close the connections to jump hosts."""
        with self._lock:
            jumps = list(self._jumps.values())
            self._jumps.clear()
        for jump in jumps:
            jump.close()

    def _through(self, jumps: Sequence[Target]) -> fabric.Connection | None:
        if not jumps:
            return None
        with self._lock:
            jump = self._jumps.setdefault(tuple(jumps), _Jump())
        return jump.get(lambda: self._open(self._route(jumps[-1]), self._through(jumps[:-1])))

    def _route(self, target: Target) -> Route:
        try:
            return self._routes.find(target)
        except Unreachable as error:
            failed = Unreachable(error.what, where=target.name, cure=error.cure)
            raise Attempt(failed, again=False) from None

    def _open(self, route: Route, gateway: fabric.Connection | None) -> fabric.Connection:
        client: paramiko.SSHClient | None = None
        sock: BufferedSocket | None = None
        try:
            connection = self._prepare(route, gateway)
            client = connection.client
            if gateway is None:
                sock = _socket(route)
                connection.connect_kwargs["sock"] = sock
            connection.open()
        except Exception as error:
            raise explain(error, route, _close(client, sock), sock) from None
        except BaseException:
            _close(client, sock)
            raise
        return connection

    def _prepare(self, route: Route, gateway: fabric.Connection | None) -> fabric.Connection:
        target = route.target
        name = host_name(route.host, route.port)
        known = self._known_hosts(route.known_hosts)
        kinds = [key.kind for key in known.find(name) if not key.revoked]
        seconds = target.connect_timeout
        login = self._login(route)

        def transport(sock: Any, **_options: Any) -> paramiko.Transport:
            made = make_transport(sock, legacy=target.legacy, known_kinds=kinds)
            made.handshake_timeout = seconds
            return made

        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Check(known, name, accept_new=target.accept_new))
        return _Connection(
            self._pattern,
            authentication=self._authentication,
            client=client,
            host=route.host,
            original_host=route.host,
            ssh_config={"hostname": route.host},
            user=route.user,
            port=route.port,
            gateway=gateway,
            connect_kwargs={
                "timeout": seconds,
                "banner_timeout": seconds + 5,
                "auth_timeout": seconds * 3,
                "channel_timeout": seconds,
                "transport_factory": transport,
                "auth_strategy": login,
            },
        )

    def _login(self, route: Route) -> Login:
        password = route.target.password
        if route.key_files:
            keys, agent = [self._ring.load(file) for file in route.key_files], False
        elif password is not None:
            keys, agent = [], False
        else:
            keys, agent = self._ring.usual(), True
        return Login(user=route.user, keys=keys, agent=agent, password=password)

    def _known_hosts(self, files: tuple[Path, ...]) -> KnownHosts:
        with self._lock:
            if files not in self._known:
                self._known[files] = KnownHosts(files)
            return self._known[files]


class _Connection(fabric.Connection):  # type: ignore[misc]
    """Fabric's connection, made after another one.

    Made anew, it would clone, merge and read its configuration, which takes longer than a login, and which
    two threads may not do at once.
    """

    __setattr__ = object.__setattr__  # else a look at the configuration each time

    def __init__(self, pattern: fabric.Connection, **own: Any) -> None:
        self.__dict__.update(vars(pattern), command_prefixes=[], command_cwds=[], **own)


class _Check(paramiko.MissingHostKeyPolicy):
    """Looks a host's key up in the known ones; paramiko's own list stays empty, so that it always asks."""

    def __init__(self, known: KnownHosts, name: str, *, accept_new: bool) -> None:
        self._known = known
        self._name = name
        self._accept_new = accept_new

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Accept the key by returning; called by paramiko."""
        self._known.check(self._name, key.get_name(), key.asbytes(), accept_new=self._accept_new)


class _Jump:
    """The one connection to a jump host that all hosts behind it share, opened by the first of them.

    A failure is remembered: fifty hosts behind a dead jump host do not wait for it one after another. Of one
    that was there once, for some seconds only: it may come back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: fabric.Connection | None = None
        self._failure: Attempt | None = None
        self._failed = 0.0

    def get(self, make: Callable[[], fabric.Connection]) -> fabric.Connection:
        with self._lock:
            lost = self._connection is not None
            if self._failure is not None and not (lost and time.monotonic() > self._failed + _REMEMBERED):
                raise self._failure
            if self._connection is None or not self._connection.is_connected:
                try:
                    self._connection = make()
                except Attempt as failure:
                    error = failure.error
                    what = f"the jump host {error.where}: {error.what}"
                    again = lost and failure.again
                    self._failure = Attempt(type(error)(what, cure=error.cure), again=again)
                    self._failed = time.monotonic() if again else float("inf")
                    raise self._failure from None
                self._failure = None
            return self._connection

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.client.close()


def _socket(route: Route) -> BufferedSocket:
    if route.proxy_command is not None:
        return ProxySocket(route.proxy_command)
    return dial(route.host, route.port, route.target.connect_timeout)


def _close(client: paramiko.SSHClient | None, sock: BufferedSocket | None) -> str:
    """Close what has been opened of a connection; the server's version line, if it has sent one."""
    transport = client.get_transport() if client is not None else None
    server = transport.remote_version if transport is not None else ""
    if client is not None:
        client.close()
    if sock is not None:
        sock.close()
    return server
