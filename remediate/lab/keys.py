"""The lab's keys: ed25519, made anew for every lab."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def write_key(private: Path) -> None:
    """Write a new key and its `.pub`."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private.touch(mode=0o600)
    private.write_bytes(secret)
    public_half(private).write_bytes(line + b" lab\n")


def public_half(private: Path) -> Path:
    """Where the public half of a key lies."""
    return private.with_name(private.name + ".pub")


def read_public_key(public: Path) -> bytes:
    """The public key as it goes over the wire, from its `.pub` file."""
    return base64.b64decode(public.read_text(encoding="ascii").split()[1])
