"""The key of all digests and of what is kept encrypted: a file in the state directory, made on first use."""

import contextlib
import os
import re
import secrets as random
from pathlib import Path

from remediate.errors import UsageError

KEY_FILE = "plan.key"
_KEY_BYTES = 32
_BESIDE = "put a copy of it there, or name its directory: --state-dir"


def load_key(directory: Path, *, make: bool = True) -> bytes:
    """The key of all digests, from the state directory; with `make`, it is made there on first use.

    Raises:
        UsageError: if it cannot be read or made, is damaged, or others may read it.
    """
    path = directory / KEY_FILE
    try:
        if not path.exists():
            if not make:
                raise UsageError(
                    f"there is no {KEY_FILE} in {directory}, and its history was sealed with one",
                    cure=_BESIDE,
                )
            _make_key(path)
        if path.stat().st_mode & 0o077:
            raise UsageError(f"{path}: others than its owner may read it", cure=f"chmod 600 {path}")
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the key of this machine's plans cannot be used: {path}: {error.strerror}",
            cure="make room there, or name a directory that can be written: --state-dir",
        ) from None
    if re.fullmatch(rb"[0-9a-f]{64}\n", text) is None:
        raise UsageError(
            f"{path} is damaged",
            cure="put a backup in its place; without it, plans that hold secrets are lost",
        )
    return bytes.fromhex(text.decode())


def _make_key(path: Path) -> None:
    """Whoever is first makes it; nobody ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{KEY_FILE}.{random.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{random.token_bytes(_KEY_BYTES).hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another run was quicker
            path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
