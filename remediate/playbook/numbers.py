"""Readers of the numbers that keywords take: each gives the number, or notes the mistake and gives None."""

import math
import re
from typing import Any, TypeGuard

from remediate.playbook.findings import Findings, is_template
from remediate.source import Node

_PERCENT = re.compile(r"([1-9][0-9]?|100)%\Z")


def read_serial(keyword: str, node: Node, findings: Findings) -> tuple[int | str, ...]:
    """Sizes of batches: numbers of hosts or percentages."""
    sizes: list[int | str] = []
    for item in node.value if node.is_list else [node]:
        size = item.value
        if (_is_whole(size) and size > 0) or (isinstance(size, str) and _PERCENT.match(size)):
            sizes.append(size)
        else:
            findings.add_unfit(
                keyword,
                "a number of hosts from 1 or a percentage",
                item,
                'write such as `2` or `"30%"`, or a list of these; leave it out for all hosts at once',
            )
    return tuple(sizes)


def read_serial_or_template(keyword: str, node: Node, findings: Findings) -> tuple[int | str, ...]:
    """Sizes of batches, each or all of which may be templates."""
    sizes: list[int | str] = []
    for item in node.value if node.is_list else [node]:
        sizes += [item.value] if is_template(item.value) else read_serial(keyword, item, findings)
    return tuple(sizes)


def read_max_fail_percentage(keyword: str, node: Node, findings: Findings) -> float | None:
    """A number from 0 to 100."""
    if _is_number(node.value) and 0 <= node.value <= 100:
        return float(node.value)
    findings.add_unfit(keyword, "a number from 0 to 100", node, "write such as `30`")
    return None


def read_retries(keyword: str, node: Node, findings: Findings) -> int | None:
    """A whole number from 0."""
    if _is_whole(node.value) and node.value >= 0:
        return node.value
    findings.add_unfit(keyword, "a whole number from 0", node, "write such as `3`, without quotes")
    return None


def read_confirm(keyword: str, node: Node, findings: Findings) -> int | None:
    """Whole seconds, long enough for a new connection and shorter than a day."""
    if _is_whole(node.value) and 10 <= node.value <= 86_400:
        return node.value
    findings.add_unfit(
        keyword, "a number of seconds from 10 to 86400", node, "write such as `300`, without quotes"
    )
    return None


def read_delay(keyword: str, node: Node, findings: Findings) -> float | None:
    """Seconds."""
    if _is_number(node.value) and node.value >= 0 and math.isfinite(node.value):
        return float(node.value)
    findings.add_unfit(keyword, "a number of seconds from 0", node, "write such as `5`, without quotes")
    return None


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return _is_whole(value) or isinstance(value, float)
