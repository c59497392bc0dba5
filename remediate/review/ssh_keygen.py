"""OpenSSH's `ssh-keygen`: the one program by which approvals are signed and verified."""

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Iterator

from remediate.errors import UsageError
from remediate.records import dataclass

_PROGRAM = "ssh-keygen"
_DEADLINE = 30.0
_PERSON = 300.0
"""Seconds for a passphrase to be typed, or a token to be touched."""
_UNKNOWN = ("unknown option", "illegal option", "invalid option", "unsupported operation")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a call of `ssh-keygen` left behind."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Its last words."""
        return next(reversed([*filter(None, map(str.strip, (self.out + self.err).splitlines()))]), "nothing")


def ssh_keygen(*words: str, data: str = "") -> Ended:
    """Run it without a person, with `data` on its standard input.

    Raises:
        UsageError: it is not installed, too old, or does not come to an end.
    """
    with _explained():
        done = subprocess.run(
            [_PROGRAM, *words],
            input=data.encode(),
            capture_output=True,
            timeout=_DEADLINE,
            check=False,
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
        )
    return _ended(done.returncode, done.stdout, done.stderr)


def ssh_keygen_with_person(*words: str) -> Ended:
    """Run it at the terminal: it may ask for a passphrase, or for a token to be touched.

    Raises:
        UsageError: see `ssh_keygen`.
    """
    said = bytearray()
    until = time.monotonic() + _PERSON
    line = [_PROGRAM, *words]
    with _explained(), subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        assert run.stderr is not None  # noqa: S101 - PIPE makes it
        try:
            while select.select([run.stderr], [], [], max(0.0, until - time.monotonic()))[0]:
                piece = os.read(run.stderr.fileno(), 4096)
                if not piece:
                    break
                said += piece
                os.write(2, piece)  # what it asks for is to be seen at once
            status = run.wait(max(0.0, until - time.monotonic()))
        except BaseException:
            run.kill()
            raise
    return _ended(status, b"", bytes(said))


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired:
        raise UsageError(f"{_PROGRAM} did not come to an end in time", cure="try again") from None
    except OSError as error:
        raise UsageError(
            f"{_PROGRAM} cannot be run: {error.strerror}", cure="install OpenSSH's client, 8.9 or newer"
        ) from None


def _ended(status: int, out: bytes, err: bytes) -> Ended:
    ended = Ended(status=status, out=out.decode("utf-8", "replace"), err=err.decode("utf-8", "replace"))
    if status != 0 and any(word in ended.err.lower() for word in _UNKNOWN):
        raise UsageError(
            f"{_PROGRAM} is too old: {ended.said}", cure="install OpenSSH's client, 8.9 or newer"
        )
    return ended
