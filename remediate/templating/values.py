"""From what Jinja hands out to plain data: dicts, lists and scalars."""

from collections.abc import Iterable, Iterator, KeysView, Mapping, Set, ValuesView
from datetime import date, datetime, time, timedelta
from typing import Any

from jinja2 import Undefined

from remediate.answers import Unknown
from remediate.errors import TemplateError, UnknownUntilApplied
from remediate.templating.absent import OMIT, Missing
from remediate.templating.taint import Crumb

_SCALARS = frozenset({str, int, float, bool, type(None), bytes, date, datetime, time, timedelta})
_SERIES = (list, tuple, Set, KeysView, ValuesView, Iterator)  # Set covers ItemsView, sets and frozensets


def has_template(text: str) -> bool:
    """Whether Jinja would find anything to do in `text`."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


def is_template(value: Any) -> bool:
    """Whether there is a template anywhere in `value`."""
    if isinstance(value, str):
        return has_template(value)
    if isinstance(value, Mapping):
        return any(is_template(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_template(item) for item in value)
    return False


def templates_in(value: Any) -> Iterator[str]:
    """Every string in `value`, at any depth, that is a template."""
    if isinstance(value, str):
        if has_template(value):
            yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from templates_in(item)


def plain(value: Any, *, strict: bool) -> Any:
    """`value` as new dicts, lists and scalars.

    Strict is for a final result: omitted keys and items are gone (a top `OMIT` stays), and nothing missing
    or unknown is left. Otherwise these stay where they are and fail when they are used.

    Raises:
        TemplateError: for a value no variable can hold, or (strict) one that is missing.
        UnknownUntilApplied: (strict) if something in it is unknown.
    """
    kind = type(value)
    if kind in _SCALARS or value is OMIT:
        return value
    if kind is Unknown or isinstance(value, Missing):
        return refuse_absent(value) if strict else value
    if isinstance(value, Mapping):
        items = ((key, plain(item, strict=strict)) for key, item in value.items())
        return {plain_key(key): item for key, item in items if not (strict and item is OMIT)}
    if isinstance(value, _SERIES):
        series = [plain(item, strict=strict) for item in value]
        return [item for item in series if item is not OMIT] if strict else series
    if isinstance(value, str):
        return value if type(value) is Crumb and not strict else str(value)
    raise unsupported(value)


def plain_key(key: Any) -> Any:
    """The key of a dict, if it is one a variable can have."""
    refuse_absent(key)
    return str(key) if isinstance(key, str) else key


def refuse_absent(value: Any) -> Any:
    """`value`, unless it is missing or unknown."""
    if type(value) is Unknown:
        raise UnknownUntilApplied(value.why)
    if isinstance(value, Missing):
        raise value.error()
    return value


def unsupported(value: Any) -> TemplateError:
    """The error for a value that no variable can hold."""
    if isinstance(value, Undefined):
        return TemplateError(
            "the 'if' without 'else' was false: there is no value", cure="add `else`, e.g. `else omit`"
        )
    kind = type(value).__name__
    cure = "add `| list`" if isinstance(value, Iterable) else None
    return TemplateError(f"a value of type '{kind}' cannot be kept in a variable", cure=cure)


def join(parts: Iterable[Any]) -> Any:
    """What a template gives whose output is `parts`: one alone keeps its type, several become a text.

    Nulls and what is omitted leave no trace beside others; nothing at all is null.
    """
    found = list(parts)
    if len(found) == 1:
        return found[0]
    kept = [part for part in found if part is not None and part is not OMIT]
    if not kept:
        return None
    if len(kept) == 1:
        return kept[0]
    return "".join([part if type(part) is str else text_of(part) for part in kept])


def end_like(source: str, text: str) -> str:
    """`text` with at least as many line ends as `source` ends with: Jinja itself drops one."""
    if not source.endswith("\n"):
        return text
    lacking = (len(source) - len(source.rstrip("\n"))) - (len(text) - len(text.rstrip("\n")))
    return text + "\n" * lacking


def text_of(value: Any) -> str:
    """A value as it stands inside a text: null, `omit` and an `if` that was false leave nothing."""
    if type(value) is Undefined:  # an `if` without `else` that was false
        return ""
    settled = plain(value, strict=True)
    return "" if settled is None else str(settled)
