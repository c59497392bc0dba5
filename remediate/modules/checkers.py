"""What checks a parameter's value: made of the parameter's type, and carried out by pydantic's core.

The core alone, without the models that pydantic puts around it, takes a quarter of the time to load.
"""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

_PLAIN = {Any: "any", bool: "bool", float: "float", int: "int", str: "str"}


class Check(NamedTuple):
    """In an `Annotated`: a function that gives the value, or raises ValueError."""

    function: Callable[[Any], Any]
    when: Literal["before", "after", "plain"] = "after"
    """Before or after the value is made one of the type, or in place of that."""


class Limit(NamedTuple):
    """In an `Annotated`: what pydantic's core is to see to besides, such as `ge`, 0."""

    word: str
    value: Any


def checker(kind: Any) -> "SchemaValidator":
    """What makes values of this type, and raises `pydantic_core.ValidationError` for those that are none."""
    from pydantic_core import SchemaValidator  # noqa: PLC0415 - slow to load; nearly all values fit without it

    return SchemaValidator(_schema(kind), {"coerce_numbers_to_str": True})


def _schema(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if origin is Annotated:
        return _annotated(_schema(parts[0]), kind.__metadata__)
    if origin is Literal:
        return {"type": "literal", "expected": list(parts)}
    if origin in (Union, UnionType):
        return _choice([part for part in parts if part is not NoneType], empty=NoneType in parts)
    if origin is list:
        return {"type": "list", "items_schema": _schema(parts[0])}
    if origin is tuple:
        return {"type": "tuple", "items_schema": [_schema(parts[0])], "variadic_item_index": 0}
    if origin in (dict, Mapping):
        return {"type": "dict", "keys_schema": _schema(parts[0]), "values_schema": _schema(parts[1])}
    return {"type": "is-instance", "cls": kind}


def _choice(kinds: list[Any], *, empty: bool) -> Any:
    schemas = list(map(_schema, kinds))
    schema = schemas[0] if len(schemas) == 1 else {"type": "union", "choices": schemas}
    return {"type": "nullable", "schema": schema} if empty else schema


def _annotated(schema: Any, notes: tuple[Any, ...]) -> Any:
    for note in notes:
        match note:
            case Limit():
                schema = {**schema, note.word: note.value}
            case Check():
                function = {"type": "no-info", "function": note.function}
                within = {} if note.when == "plain" else {"schema": schema}
                schema = {"type": f"function-{note.when}", "function": function, **within}
    return schema
