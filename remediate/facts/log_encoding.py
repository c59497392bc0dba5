"""How a log's bytes become text: ASCII's relatives, and EBCDIC, which ends its lines otherwise."""

import codecs

_ASCII = bytes(range(128))


def encoding_name(given: str) -> str:
    """Python's own name of an encoding.

    Raises:
        ValueError: if Python has none of this name.
    """
    try:
        name = codecs.lookup(given).name
        b"a".decode(name, "replace")  # refuses codecs that are not for text
    except (LookupError, ValueError):
        raise ValueError(
            f"'{given}' is not an encoding that Python knows, such as utf-8, latin-1 or cp037"
        ) from None
    return name


def is_ascii_based(encoding: str) -> bool:
    """Whether ASCII text is the same bytes in this encoding, so that a host's own tools find it."""
    return _ASCII.decode(encoding, "replace") == _ASCII.decode("ascii")


def decode_log(data: bytes, encoding: str) -> str:
    """Text with lines that end in a newline; bytes that are none come out as surrogates, as everywhere.

    EBCDIC has two ends of a line, 0x15 (next line) and 0x25 (line feed); programs use either.
    """
    if is_ascii_based(encoding):
        return data.decode(encoding, "surrogateescape")
    return data.decode(encoding, "replace").replace("\x85", "\n")
