"""What the hosts of a run share, and where they come from."""

import threading
from typing import TYPE_CHECKING

from remediate.hosts.host import SshHost
from remediate.hosts.target import Target

if TYPE_CHECKING:  # this loads Fabric, which takes longer than `remediate --help` may
    from remediate.hosts.connect import Connector


class Fleet:
    """What the hosts of a run share: ssh_config, known_hosts, keys, jump hosts. Threads may share it."""

    def __init__(self, *, ssh_config: str | None = None, pause: float = 0.5) -> None:
        """Nothing is read before the first host is asked something.

        Args:
            ssh_config: a file to read instead of the user's and the system's.
            pause: seconds before the second attempt to connect; the third waits twice as long.
        """
        self._ssh_config = ssh_config
        self._pause = pause
        self._lock = threading.Lock()
        self._connector: Connector | None = None

    def host(self, target: Target) -> SshHost:
        """A host, not connected yet.

        Raises:
            Unreachable: ssh_config cannot be read.
        """
        with self._lock:
            if self._connector is None:
                from remediate.hosts.connect import Connector  # noqa: PLC0415 - loads Fabric

                self._connector = Connector(self._ssh_config)
            return SshHost(target, self._connector, pause=self._pause)

    def close(self) -> None:
        """End the connections to jump hosts; each host is closed by who uses it."""
        with self._lock:
            connector, self._connector = self._connector, None
        if connector is not None:
            connector.close()
