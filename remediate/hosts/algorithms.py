"""Which SSH algorithms are offered, and paramiko's transport set up to offer them.

What a server from before 2014 speaks (SHA-1 and MD5, CBC, `ssh-rsa` and `ssh-dss`) is left out unless the
host is declared to be such a one.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import paramiko

from remediate.hosts.packets import Packets

_OLD: Mapping[str, Sequence[str]] = {
    "kex": (
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ),
    "keys": ("ssh-rsa", "ssh-dss"),
    "pubkeys": ("ssh-rsa", "ssh-dss"),
    "ciphers": ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc", "blowfish-cbc"),
    "macs": ("hmac-sha1", "hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
}
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


class QuietTransport(paramiko.Transport):
    """paramiko's transport, whose thread never prints a traceback."""

    dismissed = False
    """Whether the server has ended the connection with a word: a line that is cut says none."""

    def _parse_disconnect(self, m: paramiko.Message) -> None:
        self.dismissed = True
        super()._parse_disconnect(m)  # type: ignore[misc]

    def _parse_debug(self, m: paramiko.Message) -> None:
        """Pass over a remark: paramiko makes it readable, character by character, for a log nobody keeps."""

    def turn_to_sha1(self) -> bool:
        """Whether RSA keys sign otherwise from here on; never, as SHA-1 is not offered."""
        return False

    def run(self) -> None:
        """Serve the connection; called by paramiko in its own thread."""
        try:
            super().run()
        except Exception as error:  # whoever waits for an answer sees it through `get_exception`
            self.saved_exception = error
            self.active = False
            with contextlib.suppress(Exception):
                self.packetizer.close()


class LegacyTransport(QuietTransport):
    """The same for old servers: one that does not list its signatures knows only SHA-1's for an RSA key."""

    _sha1_first = False

    @property
    def preferred_pubkeys(self) -> Sequence[str]:
        """The signatures with a user's key, the one to use first."""
        preferred = list(super().preferred_pubkeys)
        if self._sha1_first or not self._listed():
            preferred.sort(key=lambda name: name.startswith("rsa-sha2"))
        return preferred

    def turn_to_sha1(self) -> bool:
        """Whether RSA keys sign otherwise from here on: with SHA-1, if the server lists that, too.

        OpenSSH 7.2 to 9.2 lists what it knows, not what its configuration (PubkeyAcceptedAlgorithms) accepts.
        """
        self._sha1_first = {"ssh-rsa", "rsa-sha2-512"} <= self._listed()
        return self._sha1_first

    def _listed(self) -> set[str]:
        extensions: Mapping[str, bytes] = getattr(self, "server_extensions", {})
        return set(extensions.get("server-sig-algs", b"").decode("ascii", "replace").split(",")) - {""}


def _cost(kex: str) -> int:
    """The rank of a key exchange: an old server's own groups may have 8192 bits, which takes seconds."""
    if kex.startswith("curve25519"):
        return 0
    if "group-exchange" in kex:
        return 2
    return 3 if "group1-" in kex else 1


def make_transport(sock: Any, *, legacy: bool, known_kinds: Sequence[str]) -> paramiko.Transport:
    """A transport over a connected socket, not started yet.

    Args:
        sock: the socket, or what behaves like one.
        legacy: whether the old algorithms are offered as well.
        known_kinds: kinds of host key by which the host is known; they are asked for first.
    """
    if legacy:
        transport: paramiko.Transport = LegacyTransport(sock, packetizer_class=Packets)
    else:
        disabled = {k: list(v) for k, v in _OLD.items()}
        transport = QuietTransport(sock, disabled_algorithms=disabled, packetizer_class=Packets)
    options = transport.get_security_options()
    options.kex = sorted(options.kex, key=_cost)
    # What authenticates by itself needs no sum of each packet, which paramiko compares byte by byte.
    options.ciphers = sorted(options.ciphers, key=lambda name: "-gcm" not in name)
    wanted = {algorithm for kind in known_kinds for algorithm in (_RSA if kind == "ssh-rsa" else (kind,))}
    options.key_types = sorted(options.key_types, key=lambda name: name not in wanted)
    return transport
