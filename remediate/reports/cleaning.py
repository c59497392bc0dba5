"""Text from hosts made fit to be shown: without what would steer a terminal."""

_UNSAFE = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Only what a terminal shows: escape sequences and other control characters are replaced."""
    known = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else _UNSAFE for each in known)
