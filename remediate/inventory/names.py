"""Names as an inventory writes them: groups, hosts, ranges of hosts, and a port after a colon."""

import ipaddress
import re
from itertools import product
from math import prod
from string import ascii_letters

from remediate.errors import InventoryError, Place

MAX_RANGE = 100_000
"""Hosts that one range may stand for; more is taken for a slip."""

_HOST = re.compile(r"[\w:][\w.:%+-]*")
_GROUP = re.compile(r"\w[\w.+-]*")
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(r"(.+):([0-9]+)")


def parse_hosts(text: str, place: Place) -> tuple[tuple[str, ...], int | None]:
    """The host names that `web[01:50].example.com:22` stands for, and the port if there is one.

    Raises:
        InventoryError: at `place`, if the text is no host name, range or address.
    """
    if text == "---":
        raise InventoryError(
            "'---' is no host", where=place, cure="a YAML inventory needs a name that ends in .yml or .yaml"
        )
    pattern, port = _split_port(text, place)
    names = expand_range(pattern, place) if "[" in pattern or "]" in pattern else (pattern,)
    for name in names:
        if not _HOST.fullmatch(name) or (":" in name and not _is_ipv6(name)):
            raise InventoryError(
                f"'{name}' is no host name or address",
                where=place,
                cure="letters, digits, '_', '-' and '.' make a name; the address may stand in ansible_host",
            )
    return names, port


def check_group_name(name: str, place: Place) -> None:
    """Nothing, if a group may be called so.

    Raises:
        InventoryError: at `place`, if not.
    """
    if not _GROUP.fullmatch(name):
        raise InventoryError(
            f"'{name}' is no name for a group",
            where=place,
            cure="letters, digits, '_', '-' and '.' make a group's name",
        )


def expand_range(pattern: str, place: Place) -> tuple[str, ...]:
    """All names that the ranges in `pattern` stand for: `[01:50]`, `[a:f]`, `[1:9:2]`, the first one slowest.

    Raises:
        InventoryError: at `place`, if a range is malformed.
    """
    parts = _RANGE.split(pattern)
    if any("[" in literal or "]" in literal for literal in parts[::2]):
        raise InventoryError(
            f"'{pattern}' has a bracket without its partner", where=place, cure="write [01:50]"
        )
    ranges = [_Range(text, place) for text in parts[1::2]]
    if prod(len(one.steps) for one in ranges) > MAX_RANGE:
        raise InventoryError(
            f"'{pattern}' stands for more than {MAX_RANGE} hosts", where=place, cure="look at the numbers"
        )
    texts = [tuple(one.text(step) for step in one.steps) for one in ranges]
    tails = parts[2::2]
    return tuple(
        parts[0] + "".join(value + tail for value, tail in zip(values, tails, strict=True))
        for values in product(*texts)
    )


class _Range:
    """One `[begin:end:step]`: its steps, and how a step is written."""

    def __init__(self, text: str, place: Place) -> None:
        self.written = f"[{text}]"
        self.place = place
        bounds = text.split(":")
        if len(bounds) not in (2, 3):
            raise self.mistake("a range of hosts is [begin:end] or [begin:end:step]")
        begin, end = bounds[0] or "0", bounds[1]
        if not end:
            raise self.mistake("a range of hosts needs an end")
        step = self.number(bounds[2]) if len(bounds) == 3 else 1
        if step < 1:
            raise self.mistake("the step of a range is at least 1")
        self.letters = len(begin) == 1 and begin in ascii_letters
        self.width = 0
        if self.letters:
            if len(end) != 1 or end not in ascii_letters:
                raise self.mistake("a range of letters ends with one letter")
            first, last = ascii_letters.index(begin), ascii_letters.index(end)
        else:
            first, last = self.number(begin), self.number(end)
            if begin.startswith("0") and len(begin) > 1:
                self.width = len(begin)
                if len(end) != self.width:
                    raise self.mistake("begin and end of a range with leading zeros are of equal length")
        if first > last:
            raise self.mistake("a range begins before its end")
        self.steps = range(first, last + 1, step)

    def text(self, step: int) -> str:
        return ascii_letters[step] if self.letters else str(step).zfill(self.width)

    def number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise self.mistake(f"'{text}' is neither a number nor a letter")
        return int(text)

    def mistake(self, what: str) -> InventoryError:
        cure = "write such as [01:50], [a:f] or [1:9:2]"
        return InventoryError(f"bad range '{self.written}': {what}", where=self.place, cure=cure)


def _split_port(text: str, place: Place) -> tuple[str, int | None]:
    if ":" not in text or _is_ipv6(text):
        return text, None
    if text.startswith("[") and text.endswith("]") and _is_ipv6(text[1:-1]):
        return text[1:-1], None
    match = _PORT.fullmatch(text)
    if match is None:
        if text.endswith(":"):
            raise InventoryError(f"'{text}' ends in ':'", where=place, cure="a port comes after the colon")
        return text, None
    host, digits = match.groups()
    if host.startswith("[") and host.endswith("]") and _is_ipv6(host[1:-1]):
        host = host[1:-1]
    if len(digits) > 5 or not 0 < int(digits) < 65536:
        raise InventoryError(f"{digits} is no port", where=place, cure="ports are 1 to 65535")
    return host, int(digits)


def _is_ipv6(text: str) -> bool:
    if text.count(":") < 2:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
