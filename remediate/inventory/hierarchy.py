"""How the groups of an inventory hang together: order, depth, and what lies above each."""

from collections.abc import Iterable

from remediate.inventory.draft import Draft
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """The groups as a graph without cycles, from `all` downwards."""

    children: dict[str, tuple[str, ...]]
    ranks: dict[str, tuple[int, int, str]]
    """Groups of a higher rank win: by depth below `all` (the longest way), then priority, then name."""
    above: dict[str, frozenset[str]]
    """Each group and all that it is, directly or not, a child of."""

    def groups_over(self, direct: Iterable[str]) -> tuple[str, ...]:
        """All groups of a host that stands in the `direct` ones, those whose variables win last."""
        return tuple(
            sorted(frozenset().union(*(self.above[name] for name in direct)), key=self.ranks.__getitem__)
        )


def arrange(draft: Draft) -> Hierarchy | None:
    """The hierarchy of the groups read, those without a parent put under `all`; None after a cycle.

    A cycle is noted in the draft as a mistake, at the place that closes it.
    """
    with_parent = {child for group in draft.groups.values() for child in group.children}
    orphans = [name for name in draft.groups if name != "all" and name not in with_parent]
    children = {name: tuple(group.children) for name, group in draft.groups.items()}
    children["all"] += tuple(orphans)
    before = len(draft.mistakes)
    order = _downwards(children, draft)
    if len(draft.mistakes) > before:
        return None
    depths = dict.fromkeys(order, 0)
    above = {name: {name} for name in order}
    for name in order:
        for child in children[name]:
            depths[child] = max(depths[child], depths[name] + 1)
            above[child] |= above[name]
    return Hierarchy(
        children=children,
        ranks={name: (depths[name], draft.groups[name].priority, name) for name in order},
        above={name: frozenset(names) for name, names in above.items()},
    )


def _downwards(children: dict[str, tuple[str, ...]], draft: Draft) -> list[str]:
    """All groups, parents before children. Not recursive: a chain of groups may be long."""
    done: dict[str, None] = {}
    for start in children:  # `all` first; from it all others are reached, except those in circles
        path: dict[str, int] = {}
        stack = [start] if start not in done else []
        while stack:
            name = stack[-1]
            step = path.setdefault(name, 0)
            if step == len(children[name]):
                stack.pop()
                del path[name]
                done[name] = None
                continue
            path[name] += 1
            child = children[name][step]
            if child in path:
                circle = " > ".join([*list(path)[list(path).index(child) :], child])
                place = draft.groups[name].children[child]
                draft.mistake(f"groups in a circle: {circle}", place, f"take '{child}' out of '{name}'")
            elif child not in done:
                stack.append(child)
    return list(done)[::-1]
