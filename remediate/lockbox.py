"""What is kept so that only who has the key of this machine's plans can read it: encrypted, as a whole."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from remediate.errors import UsageError

_LOCKED = "locked"


def lock(value: Any, key: bytes) -> dict[str, str]:
    """A value of JSON's kinds, encrypted (Fernet: AES-128-CBC with HMAC-SHA256)."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - who locks nothing does not pay for it

    return {_LOCKED: Fernet(_own(key)).encrypt(json.dumps(value).encode()).decode()}


def is_locked(value: Any) -> bool:
    """Whether there is what `lock` gives in an object whose other keys are known."""
    return isinstance(value, Mapping) and _LOCKED in value


def unlock(value: Mapping[str, str], key: bytes) -> Any:
    """The value again.

    Raises:
        UsageError: it was locked with another key, or altered.
    """
    from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

    try:
        return json.loads(Fernet(_own(key)).decrypt(value[_LOCKED]))
    except InvalidToken:
        raise UsageError(
            "what this run kept encrypted cannot be opened",
            cure="it needs the plan.key with which it was made, in the state directory",
        ) from None


def _own(key: bytes) -> bytes:
    """A key of its own, made of the one of all digests."""
    return base64.urlsafe_b64encode(hmac.new(key, b"remediate lockbox", hashlib.sha256).digest())
