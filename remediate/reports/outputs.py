"""What commands have printed, out of the result that their task has registered."""

from collections.abc import Iterator, Mapping
from typing import Any

_STREAMS = ("stdout", "stderr")


def outputs_of(result: Any) -> list[dict[str, str]]:
    """What is not empty of the two streams: of the task's command, or of each item's in a loop."""
    if not isinstance(result, Mapping):
        return []
    items = result.get("results")
    found = [_streams(each) for each in (items if isinstance(items, list) else [result])]
    return found if any(found) else []


def _streams(result: Any) -> dict[str, str]:
    if not isinstance(result, Mapping):
        return {}
    found = {name: result.get(name) for name in _STREAMS}
    return {name: text for name, text in found.items() if isinstance(text, str) and text}


def lines_of(outputs: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Each line, and which stream it is of."""
    for output in outputs:
        for name, text in output.items():
            yield from ((name, line) for line in text.removesuffix("\n").split("\n"))
