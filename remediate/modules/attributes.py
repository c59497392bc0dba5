"""Mode, owner and group of a path, as `copy`, `template`, `file` and `lineinfile` all set them."""

from collections.abc import Iterable
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.effects.permissions import SetMode, SetOwner
from remediate.facts.files import PathStatus


def attributes(
    path: str,
    status: PathStatus,
    *,
    mode: int | None,
    owner: str | None,
    group: str | None,
    new: bool = False,
) -> Iterable[Effect]:
    """What is needed to give `path` the mode, owner and group; None means: as it is.

    `new` says that the same task makes the path just before; `status` is then what it will be.
    Names and numbers are both understood. The owner comes first, because changing it clears set-id bits.
    """
    new_owner = owner if owner is not None and not _is(owner, status.owner, status.uid) else None
    new_group = group if group is not None and not _is(group, status.group, status.gid) else None
    if new_owner is not None or new_group is not None:
        was = PathStatus(kind="absent") if new else status
        yield SetOwner(path=path, owner=new_owner, group=new_group, before=_both(status), was=was)
        if mode is not None and mode & 0o6000 and status.kind != "directory":
            yield SetMode(path=path, before=status.mode, after=mode)
            return
    if mode is not None and (status.kind == "absent" or status.mode != mode):
        yield SetMode(path=path, before=status.mode, after=mode)


def _both(status: PathStatus) -> Any:
    """Owner and group before, as people know them."""
    for who in (status.owner, status.group):
        if isinstance(who, Unknown):
            return who
    return "?" if status.kind == "absent" else f"{status.owner}:{status.group}"


def _is(wanted: str, name: object, number: object) -> bool:
    return wanted in (name, str(number))
