"""What of a play is run, and in which batches: tags and `serial`."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from remediate.playbook.model import Block, Play, Task
from remediate.playbook.tags import is_selected


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

    A size is a number of hosts or a part of all of them such as `"30%"`, at least one host.
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
        return max(1, int(float(size[:-1]) * total / 100))
    return max(1, int(size))
