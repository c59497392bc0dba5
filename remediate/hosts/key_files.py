"""Files of private keys, looked at without loading what can use them."""

import os
from pathlib import Path


def unprotected(file: Path) -> str | None:
    """Why the private key in a file is not used, as OpenSSH has it: it is this user's, and not his alone.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as opened:
        status = os.fstat(opened.fileno())
        if status.st_uid != os.getuid() or not status.st_mode & 0o077:
            return None
        if b"PRIVATE KEY" not in opened.read(64):
            return None  # a public key, or none at all: that is told by who loads it
    mode = f"{status.st_mode & 0o777:04o}"
    return f"the private key {file} is not used: its mode {mode} is not for its owner alone"


def cure_of(file: Path) -> str:
    """What makes a private key one that is used."""
    return f"chmod 600 {file}"
