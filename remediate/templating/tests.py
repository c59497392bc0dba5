"""Ansible's tests: results of tasks, patterns, versions, membership."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from remediate.errors import TemplateError
from remediate.templating.absent import is_undefined
from remediate.templating.versions import compare

_FALSE_WORDS = frozenset({"no", "n", "off", "false", "f", "0"})


def defined(value: Any) -> bool:
    """Whether there is a value."""
    return not is_undefined(value)


def _result(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TemplateError(
            f"this test needs a task's result, but got a value of type '{type(value).__name__}'",
            cure="test the registered variable itself, e.g. `reg is changed`",
        )
    return value


def _flag(name: str) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        return bool(_result(value).get(name, False))

    return test


def succeeded(value: Any) -> bool:
    """Whether a task did not fail."""
    return not _flag("failed")(value)


def changed(value: Any) -> bool:
    """Whether a task changed something; of a loop, whether any turn did."""
    result = _result(value)
    if "changed" not in result and isinstance(result.get("results"), list):
        return any(bool(_result(turn).get("changed", False)) for turn in result["results"])
    return _flag("changed")(value)


def regex(
    value: Any,
    pattern: str = "",
    ignorecase: bool = False,
    multiline: bool = False,
    match_type: str = "search",
) -> bool:
    """Whether a pattern is found (`search`), begins the text (`match`) or is all of it (`fullmatch`)."""
    if match_type not in ("search", "match", "fullmatch"):
        raise TemplateError(f"no match_type '{match_type}'", cure="use search, match or fullmatch")
    flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
    return getattr(re.compile(pattern, flags), match_type)(str(value)) is not None


def match(value: Any, pattern: str = "", ignorecase: bool = False, multiline: bool = False) -> bool:
    """Whether the text begins with the pattern."""
    return regex(value, pattern, ignorecase, multiline, "match")


def search(value: Any, pattern: str = "", ignorecase: bool = False, multiline: bool = False) -> bool:
    """Whether the pattern is in the text."""
    return regex(value, pattern, ignorecase, multiline, "search")


def subset(value: Any, other: Any) -> bool:
    """Whether all items are among the other's."""
    items = list(other)
    return all(item in items for item in value)


def superset(value: Any, other: Any) -> bool:
    """Whether all of the other's items are here."""
    return subset(other, value)


def contains(value: Any, item: Any) -> bool:
    """Whether an item is in the list, or a text in the text."""
    return item in value


def truthy(value: Any, convert_bool: bool = False) -> bool:
    """Whether a value is true, not empty and not zero; with `convert_bool` the words yes and no count."""
    if convert_bool and isinstance(value, str) and value.lower() in _FALSE_WORDS:
        return False
    return bool(value)


def falsy(value: Any, convert_bool: bool = False) -> bool:
    """The opposite of truthy."""
    return not truthy(value, convert_bool)


def nan(value: Any) -> bool:
    """Whether a number is none."""
    return isinstance(value, float) and value != value  # noqa: PLR0124 - the definition of NaN


TESTS: Mapping[str, Callable[..., bool]] = {
    "all": all,
    "any": any,
    "change": changed,
    "changed": changed,
    "contains": contains,
    "defined": defined,
    "failed": _flag("failed"),
    "failure": _flag("failed"),
    "falsy": falsy,
    "issubset": subset,
    "issuperset": superset,
    "match": match,
    "nan": nan,
    "regex": regex,
    "search": search,
    "skip": _flag("skipped"),
    "skipped": _flag("skipped"),
    "subset": subset,
    "succeeded": succeeded,
    "success": succeeded,
    "successful": succeeded,
    "superset": superset,
    "truthy": truthy,
    "undefined": is_undefined,
    "unreachable": _flag("unreachable"),
    "version": compare,
    "version_compare": compare,
}
