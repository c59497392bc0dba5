"""Filters on single values: truth, defaults, numbers, dates, chance."""

import datetime as dates
import math
import random as chance
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from remediate.errors import TemplateError, UndefinedVariable
from remediate.templating.absent import Missing, is_undefined
from remediate.templating.values import refuse_absent

_TRUE = frozenset({"yes", "on", "1", "true"})
_UNITS = "BKMGTPEZY"
_PREFIXES = ("", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta")


def to_bool(value: Any) -> bool:
    """Ansible's `bool`: yes, on, 1 and true in any case are true, everything else is false."""
    if isinstance(value, str):
        return value.lower() in _TRUE
    return value is True or (isinstance(value, (int, float)) and value == 1)


def ternary(value: Any, when_true: Any, when_false: Any, when_null: Any = None) -> Any:
    """One of two values, or a third for null."""
    if value is None and when_null is not None:
        return when_null
    return when_true if refuse_absent(value) else when_false


def default(value: Any, instead: Any = "", boolean: bool = False) -> Any:
    """`instead` for what is undefined, with `boolean` also for what is empty or false."""
    if is_undefined(value) or (boolean and not value):
        return instead
    return value


def mandatory(value: Any, msg: str | None = None) -> Any:
    """The value, or an error if it is undefined."""
    if is_undefined(value):
        name = value._undefined_name if isinstance(value, Missing) else None
        label = f" '{name}'" if name else ""
        raise UndefinedVariable(msg or f"Mandatory variable{label} not defined.")
    return value


def type_debug(value: Any) -> str:
    """The name of a value's type."""
    return type(value).__name__


def log(value: float, base: float = math.e) -> float:
    """The logarithm, natural unless a base is given."""
    return math.log10(value) if base == 10 else math.log(value, base)


def power(value: float, exponent: float) -> float:
    """A power, as a float."""
    return math.pow(value, exponent)


def root(value: float, base: float = 2) -> float:
    """The root, the square root unless a base is given."""
    return math.sqrt(value) if base == 2 else math.pow(value, 1.0 / float(base))


def human_to_bytes(value: Any, default_unit: str | None = None, isbits: bool = False) -> int:
    """A size such as `1.5 MB` in bytes (with `isbits`: `1.5 Mb` in bits); units are powers of 1024."""
    match = re.fullmatch(r"\s*+(\d*+\.?\d*+)\s*+([A-Za-z]+)?\s*+", str(value))
    if match is None or not match[1]:
        raise TemplateError(f"'{value}' is not a size", cure="write it like 10M or 1.5 GB")
    unit = match[2] or default_unit or "B"
    scale = _UNITS.find(unit[0].upper())
    letter, word = ("b", "bit") if isbits else ("B", "byte")
    known = scale >= 0 and (unit[1:] in ("", letter) or unit.lower() == _PREFIXES[scale] + word)
    if not known:
        raise TemplateError(f"'{value}' has no known unit", cure="use one of B, K, M, G, T, P, E, Z, Y")
    return round(float(match[1]) * int(1024**scale))


def human_readable(size: float, isbits: bool = False, unit: str | None = None) -> str:
    """A size in bytes (or bits) with the unit that fits it, or the one asked for."""
    scales = range(len(_UNITS) - 1, -1, -1)
    if unit is None:
        scale = next((scale for scale in scales if size >= 1024**scale), 0)
    else:
        scale = next((scale for scale in scales if unit.upper().startswith(_UNITS[scale])), 0)
    base = "bits" if isbits else "Bytes"
    suffix = base if scale == 0 else _UNITS[scale] + base[0]
    return f"{float(size) / 1024**scale:.2f} {suffix}"


@pass_context  # so that Jinja does not take the time of compiling for the time of rendering
def strftime(_context: Context, layout: str, second: float | None = None, utc: bool = False) -> str:
    """A moment (seconds since 1970, or now) in the given layout."""
    moment = None if second is None else float(second)
    return time.strftime(layout, time.gmtime(moment) if utc else time.localtime(moment))


def now(utc: bool = False, fmt: str | None = None) -> Any:
    """The present moment, as a datetime or in the given layout."""
    moment = dates.datetime.now(dates.UTC).replace(tzinfo=None) if utc else dates.datetime.now()
    return moment.strftime(fmt) if fmt else moment


def to_datetime(text: str, layout: str = "%Y-%m-%d %H:%M:%S") -> dates.datetime:
    """The moment that a text names."""
    return dates.datetime.strptime(text, layout)


def _generator(seed: Any) -> chance.Random:
    return chance.Random() if seed is None else chance.Random(seed)  # noqa: S311 - no secret is made here


@pass_context  # so that Jinja does not draw once, when it compiles
def random(
    _context: Context, end: Any, start: int | None = None, step: int | None = None, seed: Any = None
) -> Any:
    """A number below `end`, or an item of a sequence; always the same one for the same seed."""
    if isinstance(end, int):
        return _generator(seed).randrange(start or 0, end, step or 1)
    if not isinstance(end, Sequence):
        raise TemplateError("random needs a number or a list")
    if start is not None or step is not None:
        raise TemplateError("start and step of random are for numbers only")
    return _generator(seed).choice(end)


@pass_context
def shuffle(_context: Context, items: Any, seed: Any = None) -> list[Any]:
    """The items in another order; always the same one for the same seed."""
    shuffled = list(items)
    _generator(seed).shuffle(shuffled)
    return shuffled


FILTERS: Mapping[str, Callable[..., Any]] = {
    "bool": to_bool,
    "d": default,
    "default": default,
    "human_readable": human_readable,
    "human_to_bytes": human_to_bytes,
    "log": log,
    "mandatory": mandatory,
    "pow": power,
    "random": random,
    "root": root,
    "shuffle": shuffle,
    "strftime": strftime,
    "ternary": ternary,
    "to_datetime": to_datetime,
    "type_debug": type_debug,
}
