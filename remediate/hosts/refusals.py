"""Why a connection could not be made: one clear line for each kind of failure, with its cure."""

import contextlib
import errno
import re
import socket

import paramiko

from remediate.errors import Unreachable
from remediate.hosts.key_files import cure_of, unprotected
from remediate.hosts.keys import LoginRefused, usual_files
from remediate.hosts.proxies import ProxySocket
from remediate.hosts.routes import Route
from remediate.hosts.sockets import BufferedSocket

_OLD_ADVICE = "if that server is from before 2014, say `ssh_legacy: true` for this host"
_BY_HAND = "see ProxyCommand in ssh_config, and run it by hand"
_NOT_STARTED = (126, 127)
"""What a shell ends with if it cannot start the program, or does not find it."""


class Attempt(Exception):  # noqa: N818 - not for users: `error` is
    """One attempt to connect has failed: the error to show, and whether trying again makes sense."""

    def __init__(self, error: Unreachable, *, again: bool) -> None:
        super().__init__(error)
        self.error = error
        self.again = again


def explain(error: Exception, route: Route, server: str, sock: BufferedSocket | None) -> Attempt:
    """What a failed attempt means.

    Args:
        error: what came out of the system, paramiko or this package.
        route: where the attempt went.
        server: the server's version line, if it has sent one.
        sock: what the attempt went through, closed by now; None if it was not made, or by a jump host.
    """
    place = f"{route.host}:{route.port}"
    seconds = f"{route.target.connect_timeout:g} s"
    where = route.target.name
    if isinstance(error, Unreachable):
        return Attempt(type(error)(error.what, where=where, cure=error.cure), again=False)
    again = False
    cure: str | None = None
    match error:
        case LoginRefused():
            what, cure = _refused(error, route, server)
        case paramiko.ssh_exception.IncompatiblePeer():
            what, cure = _incompatible(error, route)
        case paramiko.ChannelException():
            what, again = f"the jump host cannot open a connection to {place}: {error.text}", True
        case _ if isinstance(sock, ProxySocket) and (ended := _ended(sock)):
            what, cure, again = ended, _BY_HAND, sock.status not in _NOT_STARTED
        case socket.gaierror():
            what, again = (
                f"the name {route.host} does not resolve: {error.strerror}",
                error.errno == socket.EAI_AGAIN,
            )
            cure = "check its spelling, or set ansible_host"
        case ConnectionRefusedError():
            what, cure, again = (
                f"{place} refused the connection",
                "is sshd running, and is the port right?",
                True,
            )
        case paramiko.SSHException():
            what, again = _speech(error, place, seconds, sock), True
        case TimeoutError():
            what, again = f"no answer from {place} within {seconds}", True
        case (
            OSError(errno=errno.EMFILE | errno.ENFILE | errno.EAGAIN)
            | RuntimeError(args=("can't start new thread",))
        ):
            what, again = f"no further connection can be begun on this machine: {error}", True
            cure = "raise its limits (ulimit -n for files, -u for threads), or lower --forks"
        case EOFError() | OSError():
            what, again = _broken(error, place), True
        case _:
            what = f"the connection to {place} failed: {error or type(error).__name__}"
    return Attempt(Unreachable(what, where=where, cure=cure), again=again)


def _ended(proxy: ProxySocket) -> str | None:
    """How a ProxyCommand has ended by itself."""
    if proxy.status is None:
        return None
    how = f"ended with {proxy.status}" if proxy.status >= 0 else f"was ended by signal {-proxy.status}"
    return f"the ProxyCommand {how}{_said(proxy)}"


def _said(proxy: ProxySocket) -> str:
    return f": {proxy.last_words}" if proxy.last_words else ""


def _refused(error: LoginRefused, route: Route, server: str) -> tuple[str, str]:
    tried = (
        f"tried: {', '.join(error.tried)}" if error.tried else "there was neither a key nor a password to try"
    )
    allowed = f"; the server accepts: {', '.join(error.allowed)}" if error.allowed else ""
    cure = "check the user (ansible_user, -u) and that its authorized_keys has the key"
    if not route.target.legacy and _is_old(server):
        cure += "; an RSA key needs `ssh_legacy: true` with a server this old"
    if not error.tried:
        cure = "name a key with --private-key or ansible_ssh_private_key_file, or load one into the SSH agent"
    if not route.key_files and route.target.password is None:
        for file in usual_files():
            with contextlib.suppress(OSError):
                if why := unprotected(file):
                    allowed, cure = f"{allowed}; {why}", f"{cure_of(file)}; or {cure}"
    return f"the login as {route.user} was refused ({tried}{allowed})", cure


def _is_old(server: str) -> bool:
    # RSA signatures other than SHA-1's came with OpenSSH 7.2.
    found = re.search(r"OpenSSH_(\d{1,4})\.(\d{1,4})", server)
    return found is not None and (int(found[1]), int(found[2])) < (7, 2)


def _incompatible(error: Exception, route: Route) -> tuple[str, str | None]:
    if "version" in str(error):
        return f"{route.host}:{route.port} speaks another version of SSH: {error}", None
    found = re.search(r"no acceptable ([a-z ]+)", str(error))
    kind = {"kex algorithm": "key exchange", "ciphers": "cipher", "macs": "MAC"}.get(
        found[1] if found else ""
    )
    what = f"no common algorithm with {route.host}:{route.port} ({kind or (found[1] if found else error)})"
    return what, None if route.target.legacy else _OLD_ADVICE


def _broken(error: Exception, place: str) -> str:
    if isinstance(error, (EOFError, ConnectionError)):
        return f"{place} closed the connection before the login"
    return f"{place} cannot be reached: {getattr(error, 'strerror', None) or error}"


def _speech(error: paramiko.SSHException, place: str, seconds: str, sock: BufferedSocket | None) -> str:
    text = str(error)
    reason = error.__context__
    if "Indecipherable" in text or "Invalid SSH banner" in text:
        return f"what answers at {place} is no SSH server"
    if "Authentication timeout" in text:
        return f"{place} did not answer the login in time"
    if isinstance(reason, (EOFError, ConnectionError)):
        return f"{place} hung up before it spoke SSH"
    if "banner" in text or "No existing session" in text:
        if isinstance(sock, ProxySocket):
            return f"the ProxyCommand did not lead to {place} within {seconds}{_said(sock)}"
        return f"{place} accepted the connection, but did not speak SSH within {seconds}"
    if "Timeout opening channel" in text:
        return f"the jump host did not connect to {place} within {seconds}"
    return f"the SSH connection to {place} failed: {text}"
