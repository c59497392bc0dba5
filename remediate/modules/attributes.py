"""Mode, owner and group of a path, as `copy`, `template`, `file` and `lineinfile` all set them."""

from collections.abc import Iterable

from remediate.effects.base import Effect
from remediate.effects.permissions import SetMode, SetOwner
from remediate.facts.files import PathStatus


def attributes(
    path: str, status: PathStatus, *, mode: int | None, owner: str | None, group: str | None
) -> Iterable[Effect]:
    """What is needed to give `path` the mode, owner and group; None means: as it is.

    Names and numbers are both understood. The owner comes first, because changing it clears set-id bits.
    """
    new_owner = owner if owner is not None and not _is(owner, status.owner, status.uid) else None
    new_group = group if group is not None and not _is(group, status.group, status.gid) else None
    if new_owner is not None or new_group is not None:
        before = "?" if status.kind == "absent" else f"{status.owner!r}:{status.group!r}".replace("'", "")
        yield SetOwner(path=path, owner=new_owner, group=new_group, before=before)
        if mode is not None and mode & 0o6000 and status.kind != "directory":
            yield SetMode(path=path, before=status.mode, after=mode)
            return
    if mode is not None and (status.kind == "absent" or status.mode != mode):
        yield SetMode(path=path, before=status.mode, after=mode)


def _is(wanted: str, name: object, number: object) -> bool:
    return wanted in (name, str(number))
