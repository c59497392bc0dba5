"""Which hosts a pattern means: `web*:&hub:!old`, `group[0:2]`, `~regex`, and the same for `--limit`."""

import fnmatch
import re
from collections.abc import Collection, Iterable

from remediate.errors import InventoryError
from remediate.inventory.model import Inventory
from remediate.source import read_file
from remediate.spelling import nearest

_TERM = re.compile(r"(?:[^:\[\]]|\[[^\]]*\]|[\[\]])+")
_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]")  # web[0-1] is web[0:1], no glob


def select(inventory: Inventory, pattern: str, *, limit: str | None = None) -> tuple[str, ...]:
    """The names of the hosts that the pattern means and the limit allows, in the order of its terms.

    The terms of a pattern stand between commas or colons: all plain ones are united, then those after `&` are
    intersected, then those after `!` are taken away, whatever the order written. The hosts of one term come
    in inventory order. A glob or `~regex` may match nothing; a plain name must be there. `@file` in a limit
    stands for the file's lines.

    Raises:
        InventoryError: if a name is unknown, a subscript is beyond the end, a regex or a file cannot be read.
    """
    chosen: Collection[str] = _evaluate(inventory, _split(inventory, pattern))
    if limit is not None:
        try:
            allowed = _evaluate(inventory, _expand_files(inventory, _split(inventory, limit)))
        except InventoryError as error:
            raise InventoryError(error.what, where=error.where or "--limit", cure=error.cure) from None
        chosen = [name for name in chosen if name in allowed]
    return tuple(chosen)


def _split(inventory: Inventory, pattern: str) -> list[str]:
    terms: list[str] = []
    for part in pattern.split(","):
        whole = part.strip()
        if whole.lstrip("&!") in inventory.hosts or whole.startswith("@"):  # an IPv6 address has colons, too
            terms.append(whole)
        else:
            terms += [term.strip() for term in _TERM.findall(whole)]
    return [term for term in terms if term]


def _expand_files(inventory: Inventory, terms: list[str]) -> list[str]:
    expanded: list[str] = []
    for term in terms:
        if not term.startswith("@"):
            expanded.append(term)
            continue
        for line in read_file(term[1:], InventoryError).splitlines():
            if line.strip() and not line.strip().startswith("#"):
                expanded += _split(inventory, line)
    return expanded


def _evaluate(inventory: Inventory, terms: list[str]) -> dict[str, None]:
    if not terms:
        raise InventoryError("an empty pattern", cure="'all' means all hosts")
    plain = [term for term in terms if term[0] not in "&!"]
    chosen = dict.fromkeys(name for term in plain or ["all"] for name in _match(inventory, term))
    for term in terms:
        if term[0] in "&!":
            matched = {*_match(inventory, term[1:])}
            chosen = {name: None for name in chosen if (name in matched) == (term[0] == "&")}
    return chosen


def _match(inventory: Inventory, term: str) -> tuple[str, ...]:
    if not term:
        raise InventoryError("a pattern ends after '&' or '!'", cure="name a host or a group after it")
    if term in inventory.hosts:
        return (term,)
    if term in inventory.groups:
        return inventory.groups[term]
    if term.startswith("~"):
        return _match_expression(inventory, term, term[1:])
    subscript = _SUBSCRIPT.fullmatch(term)
    if subscript is not None:
        return _apply(term, subscript, _match(inventory, subscript[1]))
    if any(sign in term for sign in "?*["):
        return _match_expression(inventory, term, fnmatch.translate(term))
    raise InventoryError(
        f"no host or group is called '{term}'",
        cure=nearest(term, [*inventory.groups, *inventory.hosts])
        or "'remediate inventory --graph' shows all",
    )


def _match_expression(inventory: Inventory, term: str, expression: str) -> tuple[str, ...]:
    try:
        matches = re.compile(expression).match
    except re.error as error:
        cure = "look at its brackets; a name is written without '~'"
        raise InventoryError(f"'{term}' is not a regular expression: {error}", cure=cure) from None
    found: set[str] = set()
    for group, names in inventory.groups.items():
        if matches(group):
            found.update(names)
    found.update(name for name in inventory.hosts if matches(name))
    return _in_order(inventory, found)


def _apply(term: str, subscript: re.Match[str], names: tuple[str, ...]) -> tuple[str, ...]:
    _, index, first, last = subscript.groups()
    if index is not None:
        position = int(index)
        chosen = names[position:][:1] if -len(names) <= position else ()
    else:
        chosen = names[int(first) : int(last) + 1 if last else None]
    if not chosen:
        raise InventoryError(f"'{term}' is beyond the end", cure=f"'{subscript[1]}' has {len(names)} hosts")
    return chosen


def _in_order(inventory: Inventory, chosen: Iterable[str]) -> tuple[str, ...]:
    wanted = set(chosen)
    if len(wanted) == 1:
        return tuple(wanted)
    return tuple(name for name in inventory.hosts if name in wanted)
