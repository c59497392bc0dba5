"""A package brought to a host: compared by its sum, and uploaded if that is another."""

import posixpath
from collections.abc import Iterable
from typing import Any

from remediate.effects.base import Effect
from remediate.effects.local_file import LocalFile
from remediate.effects.upload import Upload, patience
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.digest import Digest
from remediate.facts.files import FileStatus
from remediate.modules.attributes import (
    Attributed,
    accounts_of,
    any_wanted,
    attributes,
    refuse_unknown_accounts,
)
from remediate.modules.base import HostView
from remediate.modules.content import NEW_FILE_MODE, refuse_missing_directory


def facts_of_staged(
    path: str, source: LocalFile, wanted: Attributed, *, timeout: float | None
) -> Iterable[Fact[Any]]:
    """What `staged_file` asks."""
    yield from accounts_of(wanted)
    yield digest_of(path, source, timeout)
    yield FileStatus(path)
    yield FileStatus(posixpath.dirname(path))


def digest_of(path: str, source: LocalFile, timeout: float | None) -> Digest:
    """The question whether `path` holds what `source` does."""
    deadline = timeout or patience(source.size)
    return Digest(path=path, size=source.size, cksum=source.cksum, deadline=deadline)


def staged_file(
    state: HostView,
    path: str,
    source: LocalFile,
    *,
    wanted: Attributed,
    backup: bool,
    force: bool,
    timeout: float | None,
) -> Iterable[Effect]:
    """What is needed for `path` to be a regular file that holds what `source` does.

    The new file gets the mode, owner and group that are named, or else those of the file before it.

    Raises:
        TaskFailed: if something else than a file is there, or a link.
    """
    before, status = state.of(digest_of(path, source, timeout)), state.of(FileStatus(path))
    if before.kind == "other" or (before.kind == "absent" and status.kind == "link"):
        raise TaskFailed(f"{path} is there and is no regular file", cure="name the file itself")
    if before.kind == "file" and not force:
        return
    same = before.kind == "file" and before.sha256 == source.sha256
    if status.kind == "link" and (not same or any_wanted(wanted)):
        raise TaskFailed(f"{path} is a link; nothing is put in its place", cure="name its target")
    if same:
        yield from attributes(state, path, status, wanted)
        return
    if before.kind == "absent":
        refuse_missing_directory(state, path)
    refuse_unknown_accounts(state, path, status, wanted)
    keeps = before.kind == "file"
    yield Upload(
        path=path,
        before=before,
        source=source,
        mode=_first(wanted.mode, status.mode if keeps else None, NEW_FILE_MODE),
        owner=wanted.owner if wanted.owner is not None else _number(status.uid) if keeps else None,
        group=wanted.group if wanted.group is not None else _number(status.gid) if keeps else None,
        backup=backup and keeps,
        deadline=timeout or patience(source.size),
    )


def _first(*modes: Any) -> int:
    return next(mode for mode in modes if isinstance(mode, int))


def _number(number: Any) -> str | None:
    return str(number) if isinstance(number, int) else None
