"""A TCP connection that an SSH server makes for us, from where it stands."""

from typing import Any

import paramiko

from remediate.errors import TaskFailed
from remediate.facts.http import Endpoint

_PROHIBITED, _FAILED = 1, 2  # RFC 4254, section 5.1
_SETTLE_SECONDS = 1.0


class Tunnel:
    """A channel as a stream. When it ends without a word, it waits until it is plain who ended it."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.settimeout = channel.settimeout
        self.send = channel.send
        self.close = channel.close

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        data: bytes = self._channel.recv(size)
        if not data and not self._channel.eof_received:
            # The server's end is announced. This is either the whole connection's or a rude peer's.
            self._channel.transport.join(_SETTLE_SECONDS)
        return data


def open_tunnel(transport: paramiko.Transport, endpoint: Endpoint, seconds: float) -> Tunnel:
    """A stream to an address and port as the SSH server sees them.

    Raises:
        TaskFailed: if the SSH server forbids it.
        ConnectionRefusedError: if nobody listens there.
        TimeoutError: if it is not open in time.
        OSError: if the SSH connection is lost.
    """
    address = (endpoint.address, endpoint.port)
    try:
        channel = transport.open_channel("direct-tcpip", address, ("127.0.0.1", 0), timeout=seconds)
    except paramiko.ChannelException as error:
        if error.code == _FAILED:
            raise ConnectionRefusedError from None
        why = " (administratively prohibited)" if error.code == _PROHIBITED else f": {error.text}"
        raise TaskFailed(
            f"the SSH server opens no connection to {endpoint.address}:{endpoint.port}{why}",
            cure="its sshd_config needs AllowTcpForwarding yes (or local), and PermitOpen must not forbid it",
        ) from None
    except paramiko.SSHException:
        if transport.is_active():
            raise TimeoutError from None
        raise ConnectionError from None
    return Tunnel(channel)
