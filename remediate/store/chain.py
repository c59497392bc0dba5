"""The chain: every record carries the sum of itself and of all before it, so that no change stays hidden."""

import hashlib

BEGINNING = "0" * 64
"""What stands before the first record."""


def link(before: str, *parts: str) -> str:
    """The sum (SHA-256, hexadecimal) of a record that follows the one with the sum `before`.

    The lengths are summed, too, so that no text can move from one part to the next.
    """
    pieces = [before.encode()]
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        pieces += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(pieces)).hexdigest()
