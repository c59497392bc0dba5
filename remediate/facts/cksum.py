"""The checksum that every Unix has: POSIX `cksum`.

It is the one digest that AIX, Solaris, IBM i and Linux all bring along (POSIX.1-2017, utility `cksum`), so
it is what guards compare. It finds accidents, not attackers: who can write the file needs no collision.
"""

import zlib

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Cksum:
    """The sum of content that comes piece by piece.

    POSIX feeds the bits most significant first and appends the length; zlib's CRC-32 has the same polynomial
    with all bits mirrored, so mirroring the bytes before and the sum after gives the same result, quickly.
    """

    def __init__(self) -> None:
        self.size = 0
        """Bytes so far."""
        self._mirrored = 0xFFFFFFFF

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self.size += len(piece)
        self._mirrored = zlib.crc32(piece.translate(_REVERSED), self._mirrored)

    def value(self) -> int:
        """The first number that `cksum` prints for all pieces together."""
        appended = self.size.to_bytes((self.size.bit_length() + 7) // 8, "little")
        mirrored = zlib.crc32(appended.translate(_REVERSED), self._mirrored) ^ 0xFFFFFFFF
        return int(f"{mirrored:032b}"[::-1], 2) ^ 0xFFFFFFFF


def cksum(content: bytes) -> int:
    """The first number that `cksum` prints for `content`."""
    summed = Cksum()
    summed.update(content)
    return summed.value()
