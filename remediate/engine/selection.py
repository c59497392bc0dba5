"""What of a play is run, where, and in which batches: tags, `hosts` and `serial`."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from remediate.errors import (
    InputError,
    Mistakes,
    Place,
    PlaybookError,
    RemediateError,
    TemplateError,
    UndefinedVariable,
    UsageError,
    sort_mistakes,
)
from remediate.inventory.model import Inventory
from remediate.inventory.patterns import select
from remediate.modules.catalog import Catalog
from remediate.playbook.findings import Findings
from remediate.playbook.model import Block, Play, Task, each_task
from remediate.playbook.numbers import read_max_fail_percentage, read_serial
from remediate.playbook.tags import SPECIAL_TAGS, is_selected
from remediate.source import Node
from remediate.spelling import nearest
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar, is_template

Selection = tuple[Play, tuple[str, ...]]
"""A play, and its hosts in the order of its pattern."""


def select_hosts(
    plays: Sequence[Play],
    inventory: Inventory,
    *,
    extra: Mapping[str, Any],
    limit: str | None,
    tags: Collection[str],
) -> list[Selection]:
    """Each play as `settled`, with its hosts.

    Raises:
        Mistakes: tags that no task has, and all that is wrong with what the plays say of their hosts.
    """
    mistakes: list[RemediateError] = [*unused_tags(plays, tags, "--tags")]
    found: list[Selection] = []
    for play in plays:
        try:
            ready = settled(play, extra)
            found.append((ready, select(inventory, ready.hosts, limit=limit)))
        except Mistakes as several:
            mistakes += several.mistakes
        except InputError as error:
            where = error.where or play.place_of("hosts")
            mistakes.append(type(error)(error.what, where=where, cure=error.cure))
    if mistakes:
        raise Mistakes(sort_mistakes(mistakes))
    return found


def unused_tags(plays: Sequence[Play], tags: Collection[str], option: str) -> list[UsageError]:
    """A mistake for each of the tags given to an option that no task has."""
    known = {tag for play in plays for task in each_task(play.tasks) for tag in task.tags}
    there_are = f"there are: {', '.join(sorted(known))}" if known else "no task has any tag"
    return [
        UsageError(f"no task has the tag '{tag}'", where=option, cure=nearest(tag, known) or there_are)
        for tag in sorted(set(tags) - known - SPECIAL_TAGS)
    ]


def settled(play: Play, extra: Mapping[str, Any]) -> Play:
    """The play with `hosts`, `serial` and `max_fail_percentage` rendered: by -e and the play's own vars.

    Raises:
        PlaybookError: one of them cannot be rendered.
        Mistakes: what is rendered is none.
    """
    scope = Scope((Layer(extra), Layer(play.variables)))
    findings = Findings()
    hosts = _rendered(play.hosts, "hosts", play.place_of("hosts"), scope).plain()
    sizes: list[int | str] = []
    for index, size in enumerate(play.serial):
        node = _rendered(size, "serial", play.place_of("serial", index), scope)
        sizes += read_serial("serial", node, findings)
    most = play.max_fail_percentage
    if most is not None:
        node = _rendered(most, "max_fail_percentage", play.place_of("max_fail_percentage"), scope)
        most = read_max_fail_percentage("max_fail_percentage", node, findings)
    if findings.mistakes:
        raise Mistakes(findings.mistakes)
    pattern = ",".join(str(each) for each in hosts) if isinstance(hosts, list) else str(hosts)
    return replace(play, hosts=pattern, serial=tuple(sizes), max_fail_percentage=most)


def _rendered(value: Any, keyword: str, place: Place, scope: Scope) -> Node:
    """A keyword's value, as if what its template gives had been written in its place."""
    if not is_template(value):
        return Node(value, place)
    try:
        return _node(Templar().render(value, scope), place)
    except TemplateError as error:
        # Not in the inventory: a play has many hosts, and each its own variables.
        by_play = "give it with -e, or in the play's vars"
        cure = by_play if isinstance(error, UndefinedVariable) else error.cure
        raise PlaybookError(f"'{keyword}': {error.what}", where=place, cure=cure) from None


def _node(value: Any, place: Place) -> Node:
    if isinstance(value, list):
        return Node([_node(item, place) for item in value], place)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return Node(float(value) if "." in value else int(value), place)  # `-e` gives text
    return Node(value, place)


def pruned(play: Play, only: Collection[str], skip: Collection[str]) -> Play:
    """The play with only those tasks that the tags select; handlers stay, they run when notified."""
    if not only and not skip:
        only = ("all",)
    return replace(play, tasks=_pruned(play.tasks, only, skip))


def _pruned(
    tasks: Sequence[Task | Block], only: Collection[str], skip: Collection[str]
) -> tuple[Task | Block, ...]:
    kept: list[Task | Block] = []
    for task in tasks:
        if isinstance(task, Task):
            if is_selected(task.tags, only, skip):
                kept.append(task)
            continue
        block = replace(
            task,
            tasks=_pruned(task.tasks, only, skip),
            rescue=_pruned(task.rescue, only, skip),
            always=_pruned(task.always, only, skip),
        )
        if block.tasks or block.always:
            kept.append(block)
    return tuple(kept)


def batches(names: Sequence[str], serial: Sequence[int | str]) -> tuple[tuple[str, ...], ...]:
    """The hosts in batches of the sizes that `serial` gives; the last size repeats (as in Ansible).

    A size is a number of hosts or a part of all of them such as `"30%"`. Unlike in Ansible a part is rounded
    up: else a last batch of one or two is left over, where one failure passes every `max_fail_percentage`.
    """
    if not serial:
        return (tuple(names),) if names else ()
    sizes = [_size(size, len(names)) for size in serial]
    parts: list[tuple[str, ...]] = []
    start = 0
    while start < len(names):
        size = sizes[min(len(parts), len(sizes) - 1)]
        parts.append(tuple(names[start : start + size]))
        start += size
    return tuple(parts)


def _size(size: int | str, total: int) -> int:
    if isinstance(size, str) and size.endswith("%"):
        return max(1, ceil(float(size[:-1]) * total / 100))
    return max(1, int(size))


def may_change(plays: Iterable[Play]) -> bool:
    """Whether a task of these plays may change anything on a host."""
    catalog = Catalog()
    tasks = (task for play in plays for task in each_task((*play.tasks, *play.handlers)))
    return any(catalog.module(task.module).may_change(task.params) for task in tasks)
