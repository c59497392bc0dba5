"""What to say of a parameter's value that does not fit: what is expected, what was given, and the cure."""

from collections.abc import Mapping, Sequence
from typing import Any

from remediate.secrecy import whole_or_counted

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "string_type": "text",
    "tuple_type": "a list",
}
"""pydantic's names of errors in our words; for the others, its own message is clear."""


def explain(name: str, errors: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """The message and the cure for the parameter `name`, from what pydantic found.

    Where a parameter may be one of several things, pydantic has one error for each.
    """
    first = errors[0]
    given = first["input"]
    place = next((part for part in first["loc"] if isinstance(part, int)), None)
    about = f"'{name}'" if place is None else f"item {place + 1} of '{name}'"
    kind = str(first["type"])
    if kind == "value_error":
        return f"{about}: {str(first['msg']).removeprefix('Value error, ')}", None
    if kind == "literal_error":
        expected = str(first["ctx"]["expected"])
    else:
        wanted = [_EXPECTED.get(str(each["type"]), str(each["msg"])) for each in errors]
        wanted = [text.removeprefix("Input should be ") for text in wanted]
        expected = " or ".join(dict.fromkeys(wanted))
    return f"{about} should be {expected}, not {_shown(given)}", _cure(kind, given)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return whole_or_counted(text, 60)


def _cure(kind: str, given: Any) -> str | None:
    if kind == "string_type" and isinstance(given, bool):
        return "YAML reads unquoted yes, no, on, off, true and false as truth values; put it in quotes"
    if kind in ("list_type", "tuple_type") and isinstance(given, str):
        return "write a list: [...], or one item a line, each after a dash"
    return None
