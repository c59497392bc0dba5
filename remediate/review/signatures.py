"""OpenSSH's signatures (SSHSIG): one line of a plan's file each, and whose key has made them."""

import base64
import binascii
import hashlib
import re
import textwrap
from pathlib import Path

from remediate.review.ssh_keygen import ssh_keygen

NAMESPACE = "remediate-plan"
"""What the signatures are for: one that was made for anything else, such as a mail, is none of ours."""

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_KEY = re.compile(r"(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)\s+(AAAA[A-Za-z0-9+/]+=*)(?=\s|$)")
"""A public key as it stands in files, after whatever comes before it."""


def message(identity: str) -> str:
    """What is signed of a plan."""
    return f"remediate plan sha256:{identity}\n"


def as_line(armored: str) -> str:
    """A signature of several lines as one.

    Raises:
        ValueError: if it is none.
    """
    lines = armored.strip().splitlines()
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise ValueError("no signature of OpenSSH")
    return "".join(lines[1:-1])


def signer(line: str) -> str:
    """The fingerprint of the key that a signature says to be made with; `is_valid` tells whether it is.

    Raises:
        ValueError: if it is no signature.
    """
    try:
        data = base64.b64decode(line, validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if not data.startswith(b"SSHSIG\0\0\0\1"):
        raise ValueError("no signature of OpenSSH")
    blob = _field(data, 10)
    return fingerprint(_field(blob, 0).decode("ascii"), blob)


def keys_in(text: str) -> list[tuple[str, str]]:
    """The public keys in a text, such as that of a file of keys or of allowed signers.

    Returns:
        of each the text before it in its line, and its fingerprint.
    """
    found = []
    for line in text.splitlines():
        key = None if line.lstrip().startswith("#") else _KEY.search(line)
        if key is not None:
            try:
                blob = base64.b64decode(key[2], validate=True)
            except binascii.Error:
                continue
            found.append((line[: key.start(1)].strip(), fingerprint(key[1], blob)))
    return found


def fingerprint(kind: str, blob: bytes) -> str:
    """The fingerprint of a public key as OpenSSH shows it; of a certificate that of the key in it.

    Raises:
        ValueError: if it is no certificate.
    """
    if "-cert-" not in kind:
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    ended = ssh_keygen("-l", "-f", "/dev/stdin", data=f"{kind} {base64.b64encode(blob).decode()}\n")
    words = ended.out.split()
    if ended.status != 0 or len(words) < 2:
        raise ValueError(f"no certificate: {ended.said}")
    return words[1]


def is_valid(line: str, identity: str, scratch: Path) -> bool:
    """Whether this is a signature of the plan by the key that it names, whosever that is."""
    return not _refusal(line, identity, scratch, "check-novalidate")


def principals(line: str, signers: Path, scratch: Path) -> list[str]:
    """To whom the key belongs, by the file of allowed signers."""
    words = ("-Y", "find-principals", "-f", str(signers), "-s", str(_written(line, scratch)))
    ended = ssh_keygen(*words)
    return [each for each in ended.out.splitlines() if each] if ended.status == 0 else []


def refusal(line: str, identity: str, signers: Path, principal: str, scratch: Path) -> str:
    """Why this is no signature of the plan by this principal; empty if it is."""
    return _refusal(line, identity, scratch, "verify", "-f", str(signers), "-I", principal)


def _refusal(line: str, identity: str, scratch: Path, how: str, *words: str) -> str:
    ended = ssh_keygen(
        *("-Y", how, "-n", NAMESPACE, *words, "-s", str(_written(line, scratch))), data=message(identity)
    )
    return "" if ended.status == 0 else ended.said


def _written(line: str, scratch: Path) -> Path:
    file = scratch / "signature"
    file.write_text("\n".join([_BEGIN, *textwrap.wrap(line, 70), _END, ""]))
    return file


def _field(data: bytes, at: int) -> bytes:
    """A text of SSH's binary form: its length in four bytes, and itself."""
    length = int.from_bytes(data[at : at + 4], "big")
    field = data[at + 4 : at + 4 + length]
    if len(field) != length or not length:
        raise ValueError("cut off")
    return field
