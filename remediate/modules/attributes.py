"""Mode, owner and group of a path, as `copy`, `template`, `file` and `lineinfile` all set them."""

from collections.abc import Iterable
from typing import Any, Protocol

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.effects.permissions import SetMode, SetOwner
from remediate.errors import TaskFailed
from remediate.facts.accounts import Account
from remediate.facts.files import PathStatus
from remediate.modules.base import HostView


class Attributed(Protocol):
    """A module with the parameters for mode, owner and group; None means: as it is."""

    @property
    def mode(self) -> int | None:
        """The bits."""

    @property
    def owner(self) -> str | None:
        """A name or a number."""

    @property
    def group(self) -> str | None:
        """A name or a number."""


def accounts_of(wanted: Attributed) -> Iterable[Account]:
    """The names that the host must know; for a number it needs no name."""
    if wanted.owner is not None and not wanted.owner.isdecimal():
        yield Account("user", wanted.owner)
    if wanted.group is not None and not wanted.group.isdecimal():
        yield Account("group", wanted.group)


def refuse_unknown_accounts(state: HostView, path: str, status: PathStatus, wanted: Attributed) -> None:
    """Make sure that `path` can be given to whom it is to belong and does not yet.

    Raises:
        TaskFailed: if the host does not know the name.
    """
    for account in accounts_of(wanted):
        is_user = account.kind == "user"
        there = _is(account.name, *((status.owner, status.uid) if is_user else (status.group, status.gid)))
        if there is not True and not state.of(account):
            raise TaskFailed(
                f"{path} is to belong to the {account.kind} {account.name}, whom the host does not know",
                cure="correct the name, or make the account first",
            )


def attributes(
    state: HostView, path: str, status: PathStatus, wanted: Attributed, *, new: bool = False
) -> Iterable[Effect]:
    """What is needed to give `path` the wanted mode, owner and group.

    `new` says that the same task makes the path just before; `status` is then what it will be.
    Names and numbers are both understood. The owner comes first, because changing it clears set-id bits.
    An effect of which only the apply will tell whether it is needed has an Unknown as its `before`.

    Raises:
        TaskFailed: see `refuse_unknown_accounts`.
    """
    refuse_unknown_accounts(state, path, status, wanted)
    mode, owner, group = wanted.mode, wanted.owner, wanted.group
    owned = _together(_is(owner, status.owner, status.uid), _is(group, status.group, status.gid))
    moded = _is_mode(mode, status)
    if owned is not True:
        was = PathStatus(kind="absent") if new else status
        before = _both(status) if owned is False else owned
        yield SetOwner(path=path, owner=owner, group=group, before=before, was=was)
        if mode is not None and mode & 0o6000 and status.kind != "directory":
            moded = _together(moded, owned)
    if mode is not None and moded is not True:
        yield SetMode(path=path, before=status.mode if moded is False else moded, after=mode)


def any_wanted(wanted: Attributed) -> bool:
    """Whether anything is to be other than as it is."""
    return (wanted.mode, wanted.owner, wanted.group) != (None, None, None)


def _is_mode(mode: int | None, status: PathStatus) -> bool | Unknown:
    """Whether the mode is as wanted; Unknown if only the apply will tell."""
    if mode is None or isinstance(status.mode, Unknown):
        return True if mode is None else status.mode
    return status.kind != "absent" and bool(status.mode == mode)


def _is(wanted: str | None, name: Any, number: Any) -> bool | Unknown:
    """Whether an owner or group is as wanted; Unknown if only the apply will tell."""
    known = [str(each) for each in (name, number) if not isinstance(each, Unknown)]
    if wanted is None or wanted in known:
        return True
    decides = number if wanted.isdecimal() else name
    return decides if isinstance(decides, Unknown) else False


def _together(one: bool | Unknown, other: bool | Unknown) -> bool | Unknown:
    """Whether both are so; Unknown if only the apply will tell."""
    if one is False or other is False:
        return False
    return other if one is True else one


def _both(status: PathStatus) -> Any:
    """Owner and group before, as people know them."""
    for who in (status.owner, status.group):
        if isinstance(who, Unknown):
            return who
    return "?" if status.kind == "absent" else f"{status.owner}:{status.group}"
