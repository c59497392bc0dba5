"""Files of private keys and other secrets, looked at without loading what can use them."""

import os
from pathlib import Path


def is_open(status: os.stat_result) -> bool:
    """Whether a file is this user's, and others may read or write it."""
    return status.st_uid == os.getuid() and bool(status.st_mode & 0o077)


def unprotected(file: Path) -> str | None:
    """Why the private key in a file is not used, as OpenSSH has it: it is this user's, and not his alone.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as opened:
        status = os.fstat(opened.fileno())
        if not is_open(status):
            return None
        if b"PRIVATE KEY" not in opened.read(64):
            return None  # a public key, or none at all: that is told by who loads it
    mode = f"{status.st_mode & 0o777:04o}"
    return f"the private key {file} is not used: its mode {mode} is not for its owner alone"


def cure_of(file: Path) -> str:
    """What takes a file away from all but its owner."""
    return f"chmod 600 {file}"
