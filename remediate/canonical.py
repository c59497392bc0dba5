"""The one spelling of a value as JSON, so that equal values have equal texts and equal sums."""

import json
from typing import Any

_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """JSON in one line, with its keys in order and nothing between.

    Bytes of hosts that are no UTF-8 stay in it as lone surrogates: encode it with `surrogatepass`.
    """
    return _WRITER.encode(value)


def storable(value: Any) -> str:
    """The same value in a text that is UTF-8 throughout: lone surrogates are escaped, as JSON can."""
    return canonical(value).encode("utf-8", "backslashreplace").decode()
