"""The user's private keys, each loaded once a run, and the login with them."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import paramiko

from remediate.errors import Unreachable
from remediate.hosts.key_files import cure_of, unprotected
from remediate.records import dataclass
from remediate.secrecy import Secret

_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa", "id_dsa")


class LoginRefused(paramiko.AuthenticationException):
    """The server took none of what was tried."""

    def __init__(self, tried: Sequence[str], allowed: Sequence[str]) -> None:
        super().__init__("login refused")
        self.tried = tuple(tried)
        self.allowed = tuple(allowed)


class KeyRing:
    """Private keys by their files, each loaded once (RSA takes 0.4 s). Threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, Key | Unreachable] = {}

    def load(self, file: str) -> "Key":
        """The key in a file that the user named; an encrypted one is left to the SSH agent if that has it.

        Raises:
            Unreachable: it is not there, cannot be read, is no key, or is encrypted and not in the agent.
        """
        with self._lock:
            if file not in self._keys:
                try:
                    self._keys[file] = _load(Path(file).expanduser())
                except Unreachable as error:
                    self._keys[file] = error
            found = self._keys[file]
        if isinstance(found, Unreachable):
            raise Unreachable(found.what, cure=found.cure)
        return found

    def usual(self) -> list["Key"]:
        """The user's keys under their usual names, those that can be used as they are."""
        keys = []
        for file in usual_files():
            with contextlib.suppress(Unreachable):
                keys.append(self.load(str(file)))
        return keys


def usual_files() -> list[Path]:
    """The user's keys under their usual names."""
    folder = Path("~/.ssh").expanduser()
    return [file for name in _USUAL if (file := folder / name).is_file()]


class Key(NamedTuple):
    """One private key. Without `pkey` the agent holds it, under the same public key."""

    label: str
    pkey: paramiko.PKey | None = None
    public: str = ""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How a user proves who he is: named keys alone, or the agent's and the usual ones; then the password.

    It has the one method of paramiko's AuthStrategy that is called.
    """

    user: str
    keys: Sequence[Key]
    agent: bool
    """Whether all the agent's keys are tried, before `keys`."""
    password: Secret | None

    def authenticate(self, transport: Any) -> list[str]:
        """Log in on a transport whose keys are exchanged; what was tried is returned.

        Raises:
            LoginRefused: the server took none of it.
            paramiko.SSHException: the connection broke, or the server did not answer.
        """
        tried: list[str] = []
        allowed: Sequence[str] = ()
        with contextlib.ExitStack() as stack:
            for label, pkey in self._attempts(transport, stack):
                tried.append(label)
                try:
                    missing = transport.auth_publickey(self.user, pkey)
                except paramiko.BadAuthenticationType as error:
                    allowed = error.allowed_types
                    break
                except paramiko.AuthenticationException as error:
                    _stop_if_over(transport, error, tried)
                    continue
                if not missing:
                    return tried
                break  # the key is right, and the server wants a password as well
        return self._finish(transport, tried, allowed)

    def _finish(self, transport: Any, tried: list[str], allowed: Sequence[str]) -> list[str]:
        if self.password is None and tried:
            raise LoginRefused(tried, allowed)
        try:
            if self.password is not None:
                tried.append("password")
                missing = transport.auth_password(self.user, self.password.reveal())
            else:
                missing = transport.auth_none(self.user)
        except paramiko.BadAuthenticationType as error:
            raise LoginRefused(tried, error.allowed_types) from None
        except paramiko.AuthenticationException as error:
            _stop_if_over(transport, error, tried)
            raise LoginRefused(tried, allowed) from None
        if missing:
            raise LoginRefused(tried, missing)
        return tried

    def _attempts(self, transport: Any, stack: contextlib.ExitStack) -> Iterator[tuple[str, paramiko.PKey]]:
        """The keys; those that an old server may want to sign with SHA-1 come once more, after the others.

        On the same connection, as a refused login on a second one could count twice towards a lock.
        """
        rsa = []
        for label, pkey in self._candidates(stack):
            yield label, pkey
            if pkey.get_name() == "ssh-rsa":
                rsa.append((f"{label} with SHA-1", pkey))
        if rsa and transport.turn_to_sha1():
            yield from rsa

    def _candidates(self, stack: contextlib.ExitStack) -> Iterator[tuple[str, paramiko.PKey]]:
        # An agent of one's own for each login: its connection cannot be shared by threads.
        held: Sequence[paramiko.AgentKey] = ()
        if self.agent or any(key.pkey is None for key in self.keys):
            held = stack.enter_context(contextlib.closing(paramiko.Agent())).get_keys()
        if self.agent:
            yield from (("a key of the SSH agent", key) for key in held)
        for key in self.keys:
            if key.pkey is not None:
                yield key.label, key.pkey
            else:
                yield from ((key.label, other) for other in held if other.get_base64() == key.public)


def _stop_if_over(transport: Any, error: paramiko.AuthenticationException, tried: Sequence[str]) -> None:
    if "timeout" in str(error).lower():
        raise paramiko.SSHException("Authentication timeout.")
    if not transport.is_active():
        if tried[-1:] != ["password"] and not transport.dismissed:
            # The line was cut before the server said anything; a password is not tried again even so.
            raise paramiko.SSHException("The connection broke during the login.") from None
        raise LoginRefused(tried, ())  # as OpenSSH does after MaxAuthTries


def _load(file: Path) -> Key:
    try:
        if not (why := unprotected(file)):
            return Key(label=str(file), pkey=paramiko.PKey.from_path(file))
    except FileNotFoundError:
        raise Unreachable(f"the key file {file} is not there", cure="check the path") from None
    except OSError as error:
        raise Unreachable(f"the key file {file} cannot be read: {error.strerror}") from None
    except (TypeError, paramiko.PasswordRequiredException):
        return _held_by_agent(file)
    except Exception as error:  # cryptography and paramiko raise a dozen kinds for what is no key
        raise Unreachable(
            f"the file {file} holds no private key that can be used: {error}",
            cure="name the private key, not the .pub file; `ssh-keygen -t ed25519` makes one",
        ) from None
    raise Unreachable(why, cure=cure_of(file))


def _held_by_agent(file: Path) -> Key:
    with contextlib.suppress(OSError, ValueError, IndexError):
        public = file.with_name(file.name + ".pub").read_text(encoding="ascii").split()[1]
        with contextlib.closing(paramiko.Agent()) as agent:
            if any(key.get_base64() == public for key in agent.get_keys()):
                return Key(label=str(file), public=public)
    raise Unreachable(
        f"the key file {file} is encrypted, and the SSH agent does not have the key",
        cure=f"load it into the agent: `ssh-add {file}`",
    )
