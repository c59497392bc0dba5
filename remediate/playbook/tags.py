"""Which tasks `--tags` and `--skip-tags` select, by Ansible's rules."""

from collections.abc import Collection

SPECIAL_TAGS = frozenset({"all", "always", "never", "tagged", "untagged"})
"""Words that --tags and --skip-tags know, whether or not a task has them."""


def is_selected(tags: frozenset[str], only: Collection[str], skip: Collection[str]) -> bool:
    """Whether a task with these tags takes part in a run.

    `only` and `skip` are the user's lists; an empty `only` means `all`. Besides the tags of playbooks they
    may hold the words `all`, `tagged` and `untagged`. A task tagged `always` runs unless one of its tags is
    skipped; one tagged `never` runs only if one of its tags is asked for.
    """
    return _is_wanted(tags, set(only) or {"all"}) and not _is_skipped(tags, set(skip))


def _is_wanted(tags: frozenset[str], only: set[str]) -> bool:
    if "always" in tags or tags & only:
        return True
    if not tags:
        return bool(only & {"all", "untagged"})
    return "never" not in tags and bool(only & {"all", "tagged"})


def _is_skipped(tags: frozenset[str], skip: set[str]) -> bool:
    if "all" in skip:
        return "always" not in tags or "always" in skip
    if not tags:
        return "untagged" in skip
    return "tagged" in skip or bool(tags & skip)
