"""The embedded SSH server: paramiko's server side, no root and no sshd needed."""

import hmac
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import paramiko
from paramiko.common import MSG_CHANNEL_CLOSE, MSG_CHANNEL_REQUEST

from remediate.lab.faults import NO_FAULTS, Cutter, ServerFaults
from remediate.lab.forward import carry
from remediate.lab.paths import ServerPaths
from remediate.lab.sessions import ShellSession


class EmbeddedSshd:
    """The SSH side of one server: takes accepted sockets, each connection runs on by itself."""

    def __init__(
        self,
        paths: ServerPaths,
        *,
        user: str,
        authorized: bytes,
        forward: Sequence[int] = (),
        faults: ServerFaults = NO_FAULTS,
    ) -> None:
        self._paths = paths
        self._user = user
        self._authorized = authorized
        self._forward = forward
        self._shell = faults.shell
        self._cutter = Cutter(faults)
        self._host_key = paramiko.Ed25519Key(filename=str(paths.host_key))
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()

    def serve(self, sock: socket.socket) -> None:
        """Speak SSH on `sock` from now on; returns at once."""
        connection = _Connection(sock, ended=self._forget)
        connection.local_version = "SSH-2.0-remediate_lab"
        connection.daemon = True
        connection.add_server_key(self._host_key)
        with self._lock:
            self._connections.add(connection)
        login = _Login(
            connection,
            self._paths,
            user=self._user,
            authorized=self._authorized,
            forward=self._forward,
            shell=self._shell,
            cutter=self._cutter,
        )
        connection.start_server(event=threading.Event(), server=login)

    def close(self) -> None:
        """Hang up on everybody."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.hang_up()
            connection.close()

    def _forget(self, connection: "_Connection") -> None:
        with self._lock:
            self._connections.discard(connection)


def _handle_request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """As paramiko does, then start what was asked for.

    The client has its "success" by now; started earlier, a quick command could end before that.
    """
    channel._handle_request(message)  # type: ignore[attr-defined]
    connection = channel.get_transport()
    if isinstance(connection, _Connection):
        connection.start_waiting(channel)


def _handle_close(channel: paramiko.Channel, message: paramiko.Message) -> None:
    connection = channel.get_transport()
    channel._handle_close(message)  # type: ignore[attr-defined]
    if isinstance(connection, _Connection):
        connection.hang_up(channel)


class _Connection(paramiko.Transport):
    """One client: knows its sessions, and hangs up on them when the client goes."""

    _channel_handler_table: ClassVar[dict[int, Callable[..., Any]]] = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: _handle_request,
        MSG_CHANNEL_CLOSE: _handle_close,
    }

    def __init__(self, sock: socket.socket, *, ended: Callable[["_Connection"], None]) -> None:
        super().__init__(sock)
        self._ended = ended
        self._waiting: dict[int, ShellSession] = {}
        self._sessions: dict[int, ShellSession] = {}
        self._forwards: dict[int, int] = {}

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.hang_up()
            self._ended(self)

    def cut(self) -> None:
        """Lose the connection, as when a cable is pulled."""
        self.sock.close()
        self.close()

    def await_start(self, session: ShellSession) -> None:
        """Have `session` started as soon as its request has been answered."""
        self._waiting[session.channel.get_id()] = session

    def start_waiting(self, channel: paramiko.Channel) -> None:
        session = self._waiting.pop(channel.get_id(), None)
        if session is not None:
            self._sessions[channel.get_id()] = session
            session.start()

    def await_forward(self, number: int, port: int) -> None:
        """Have the channel of this number carried to `port` as soon as it is open."""
        self._forwards[number] = port

    def _queue_incoming_channel(self, channel: paramiko.Channel) -> None:
        port = self._forwards.pop(channel.get_id(), None)
        if port is not None:
            carry(channel, port)
        else:
            # Kept there until a command is asked for: paramiko itself holds channels by weak references.
            super()._queue_incoming_channel(channel)  # type: ignore[misc]

    def hang_up(self, channel: paramiko.Channel | None = None) -> None:
        """Hang up on the session of `channel`, or on all."""
        numbers = [channel.get_id()] if channel is not None else list(self._sessions)
        for number in numbers:
            session = self._sessions.pop(number, None)
            if session is not None:
                session.hang_up()


class _Login(paramiko.ServerInterface):
    """Who may come in, and what they may ask for: commands, and ways to this server's own HTTP tasks."""

    def __init__(
        self,
        connection: _Connection,
        paths: ServerPaths,
        *,
        user: str,
        authorized: bytes,
        forward: Sequence[int],
        shell: Sequence[str],
        cutter: Cutter,
    ) -> None:
        self._connection = connection
        self._forward = forward
        self._shell = shell
        self._cutter = cutter
        self._paths = paths
        self._user = user
        self._authorized = authorized

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == self._user and hmac.compare_digest(key.asbytes(), self._authorized)
        return paramiko.common.AUTH_SUCCESSFUL if known else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if kind == "session":
            return paramiko.common.OPEN_SUCCEEDED
        return paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        address, port = destination
        if address not in {"127.0.0.1", "localhost"} or port not in self._forward:
            return paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        self._connection.await_forward(chanid, port)
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return self._ask_for(channel, command)

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        return self._ask_for(channel, None)

    def _ask_for(self, channel: paramiko.Channel, command: bytes | None) -> bool:
        home, environment = self._paths.home, self._paths.environment
        session = ShellSession(
            channel,
            command,
            home=home,
            environment=environment,
            shell=self._shell,
            cutter=self._cutter,
            cut=self._connection.cut,
        )
        self._connection.await_start(session)
        return True
