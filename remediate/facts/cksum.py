"""The checksum that every Unix has: POSIX `cksum`.

It is the one digest that AIX, Solaris, IBM i and Linux all bring along (POSIX.1-2017, utility `cksum`), so
it is what guards compare. It finds accidents, not attackers: who can write the file needs no collision.
"""

import zlib

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def cksum(content: bytes) -> int:
    """The first number that `cksum` prints for `content`.

    POSIX feeds the bits most significant first and appends the length; zlib's CRC-32 has the same polynomial
    with all bits mirrored, so mirroring the bytes before and the sum after gives the same result, quickly.
    """
    length = len(content)
    appended = length.to_bytes((length.bit_length() + 7) // 8, "little")
    mirrored = zlib.crc32((content + appended).translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2) ^ 0xFFFFFFFF
