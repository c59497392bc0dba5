"""Filters on lists and dicts: sets, merging, flattening, pairing."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import pass_environment
from jinja2.environment import Environment
from jinja2.filters import ignore_case, make_attrgetter

from remediate.answers import Unknown
from remediate.errors import TemplateError
from remediate.templating.absent import Missing
from remediate.templating.values import refuse_absent

_LIST_MERGES: Mapping[str, Callable[[list[Any], list[Any]], list[Any]]] = {
    "replace": lambda old, new: new,
    "keep": lambda old, new: old,
    "append": lambda old, new: old + new,
    "prepend": lambda old, new: new + old,
    "append_rp": lambda old, new: [item for item in old if item not in new] + new,
    "prepend_rp": lambda old, new: new + [item for item in old if item not in new],
}


def combine(*parts: Any, recursive: bool = False, list_merge: str = "replace") -> dict[Any, Any]:
    """The dicts (or lists of dicts) as one: later ones win; `list_merge` says how lists meet."""
    if list_merge not in _LIST_MERGES:
        raise TemplateError(f"no list_merge '{list_merge}'", cure=f"use one of {', '.join(_LIST_MERGES)}")
    merged: dict[Any, Any] = {}
    for part in flatten(list(parts)):
        if not isinstance(refuse_absent(part), Mapping):
            raise TemplateError(f"combine needs dicts, but got a value of type '{type(part).__name__}'")
        merged = _merge(merged, part, recursive, _LIST_MERGES[list_merge])
    return merged


def _merge(
    old: Mapping[Any, Any],
    new: Mapping[Any, Any],
    recursive: bool,
    meet: Callable[[list[Any], list[Any]], list[Any]],
) -> dict[Any, Any]:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if recursive and key in merged and Unknown in (type(before), type(value)):
            refuse_absent(before)  # whether they would merge or replace, only the apply will tell
            refuse_absent(value)
        if recursive and isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(before, value, recursive, meet)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = meet(before, value)
        else:
            merged[key] = value
    return merged


def dict2items(value: Any, key_name: str = "key", value_name: str = "value") -> list[dict[str, Any]]:
    """A dict as a list of pairs."""
    if not isinstance(value, Mapping):
        raise TemplateError(f"dict2items needs a dict, but got a value of type '{type(value).__name__}'")
    return [{key_name: key, value_name: item} for key, item in value.items()]


def items2dict(value: Any, key_name: str = "key", value_name: str = "value") -> dict[Any, Any]:
    """A list of pairs as a dict."""
    if not isinstance(value, list):
        raise TemplateError(f"items2dict needs a list, but got a value of type '{type(value).__name__}'")
    try:
        return {refuse_absent(item[key_name]): item[value_name] for item in value}
    except (KeyError, TypeError):
        raise TemplateError(f"every item for items2dict needs '{key_name}' and '{value_name}'") from None


def flatten(items: Any, levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    """The items of nested lists as one list, down to the given depth."""
    flat: list[Any] = []
    for item in items:
        if type(item) is Unknown:
            refuse_absent(item)  # it may turn out to be a list
        if skip_nulls and (item is None or (isinstance(item, str) and item in ("None", "null"))):
            continue
        if isinstance(item, (list, tuple)) and (levels is None or levels > 0):
            flat += flatten(item, None if levels is None else levels - 1, skip_nulls)
        else:
            flat.append(item)
    return flat


def _distinct(
    items: Iterable[Any], known: Iterable[Any] = (), key: Callable[[Any], Any] | None = None
) -> list[Any]:
    """The items, each once (told apart by `key`), that are not among `known`."""
    result = []
    seen, seen_slowly = _seen(known)
    for item in items:
        mark = item if key is None else key(item)
        if _hashable(mark):
            if mark not in seen and not (seen_slowly and mark in seen_slowly):
                seen.add(mark)
                result.append(item)
        elif mark not in seen_slowly and not any(mark == other for other in seen):
            seen_slowly.append(mark)
            result.append(item)
    return result


def _seen(items: Iterable[Any]) -> tuple[set[Any], list[Any]]:
    """Items for looking up: a set is much quicker, but cannot hold lists, nor tell of an unknown value."""
    found = list(items)
    quick = {item for item in found if _hashable(item)}
    return quick, [item for item in found if not _hashable(item)]


def _hashable(item: Any) -> bool:
    return type(item) in (str, int, float, bool, type(None))


@pass_environment
def unique(
    environment: Environment, items: Any, case_sensitive: bool = False, attribute: Any = None
) -> list[Any]:
    """The items, each once, in the order of their first appearance; case counts only if asked for."""
    fold = None if case_sensitive else ignore_case
    return _distinct(items, key=fold if attribute is None else make_attrgetter(environment, attribute, fold))


def union(left: Any, right: Any) -> list[Any]:
    """What is in one list or the other."""
    return _distinct([*left, *right])


def difference(left: Any, right: Any) -> list[Any]:
    """What is in the first list but not in the second."""
    return _distinct(left, right)


def intersect(left: Any, right: Any) -> list[Any]:
    """What is in both lists."""
    both = list(right)
    return [item for item in _distinct(left) if item in both]


def symmetric_difference(left: Any, right: Any) -> list[Any]:
    """What is in one list but not in both."""
    left, right = list(left), list(right)
    return _distinct([*_distinct(left, right), *_distinct(right, left)])


def extract(key: Any, container: Any, more_keys: Any = None) -> Any:
    """The value at a key of a container, and on along `more_keys`."""
    keys = [key] if more_keys is None else [key, *(more_keys if isinstance(more_keys, list) else [more_keys])]
    value = container
    for step in keys:
        try:
            value = refuse_absent(value)[step]
        except (KeyError, IndexError, TypeError):
            return Missing(obj=value, name=step)
    return value


def subelements(items: Any, path: Any, skip_missing: bool = False) -> list[tuple[Any, Any]]:
    """Each item paired with each element of the list that it holds at `path`."""
    steps = path.split(".") if isinstance(path, str) else list(path)
    pairs: list[tuple[Any, Any]] = []
    for item in items.values() if isinstance(items, Mapping) else items:
        values = item
        for step in steps:
            if not isinstance(refuse_absent(values), Mapping) or step not in values:
                if skip_missing:
                    values = []
                    break
                raise TemplateError(f"an item has no '{step}'", cure="say skip_missing=True to pass over it")
            values = values[step]
        if not isinstance(refuse_absent(values), list):
            raise TemplateError(f"'{'.'.join(steps)}' of an item is not a list")
        pairs += [(item, value) for value in values]
    return pairs


def rekey_on_member(items: Any, key: str, duplicates: str = "error") -> dict[Any, Any]:
    """The dicts by the value of one of their keys."""
    result: dict[Any, Any] = {}
    for item in items.values() if isinstance(items, Mapping) else items:
        name = refuse_absent(item[key])
        if name in result and duplicates != "overwrite":
            raise TemplateError(f"the key '{name}' is not unique", cure="say duplicates='overwrite'")
        result[name] = item
    return result


FILTERS: Mapping[str, Callable[..., Any]] = {
    "combinations": itertools.combinations,
    "combine": combine,
    "dict2items": dict2items,
    "difference": difference,
    "extract": extract,
    "flatten": flatten,
    "intersect": intersect,
    "items2dict": items2dict,
    "permutations": itertools.permutations,
    "product": itertools.product,
    "rekey_on_member": rekey_on_member,
    "subelements": subelements,
    "symmetric_difference": symmetric_difference,
    "union": union,
    "unique": unique,
    "zip": zip,
    "zip_longest": itertools.zip_longest,
}
