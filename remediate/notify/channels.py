"""What a channel is, and where the secret that it needs is kept."""

import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from remediate.errors import UsageError
from remediate.notify.message import Message
from remediate.records import dataclass
from remediate.secrecy import Secret


class Channel(Protocol):
    """A way to whoever is to be told."""

    @property
    def name(self) -> str:
        """As `remediate.toml` calls it."""

    @property
    def deadline(self) -> float:
        """Seconds for all attempts together."""

    def secrets(self) -> Iterable[str]:
        """All texts that must not be seen in what is told of it; with that it is proven to be usable.

        Raises:
            UsageError: a secret, a certificate or a library that it needs is not there.
        """

    def send(self, message: Message, identity: str) -> str:
        """Send it once; what is to be remarked of it although it was sent, or nothing.

        Raises:
            NotSent: it was not taken.
            UsageError: see `secrets`.
        """


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Where a secret is kept: in a file that nobody else can read, or in a variable of the environment."""

    file: Path | None = None
    variable: str = ""

    def __str__(self) -> str:
        return f"${self.variable}" if self.file is None else str(self.file)

    def read(self) -> Secret:
        """The secret, one line of text.

        Raises:
            UsageError: it is not there, not one line, or others can read its file.
        """
        text = os.environ.get(self.variable, "") if self.file is None else _private(self.file)
        text = text.rstrip("\r\n")
        if not text:
            raise UsageError("no secret is there", where=str(self), cure="put it there, in one line")
        if not text.isprintable():
            raise UsageError(
                "the secret is not one line of text", where=str(self), cure="write it in one line"
            )
        return Secret(text)


def _private(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & 0o077:
                raise UsageError(
                    f"others may read the secret in it (mode {mode:04o})",
                    where=str(path),
                    cure=f"chmod 600 {path}; if others have seen it, take a new one",
                )
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"the secret cannot be read: {said}", where=str(path)) from None


def trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS to servers whose certificate one of these authorities has signed; None for the system's.

    Raises:
        UsageError: there is no certificate in the file.
    """
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:  # SSL's errors, too
        said = "there is no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(f"ca_file cannot be used: {said}", where=str(authority)) from None
