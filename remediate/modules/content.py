"""A file with given content: what several modules share."""

import posixpath
from collections.abc import Iterable
from typing import Any

from remediate.effects.base import Effect
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.files import Directory, FileStatus, FileText, Kind, PathStatus, Text
from remediate.modules.attributes import Attributed, accounts_of, any_wanted, attributes
from remediate.modules.base import HostView

NEW_FILE_MODE = 0o644
"""The mode of a new file whose task names none; a prediction cannot depend on the host's umask."""


def facts_of(path: str, wanted: Attributed, *, makes: bool) -> Iterable[Fact[Any]]:
    """What is asked of a file, and whom it is to belong to; if it may be made, of its directory as well."""
    yield from accounts_of(wanted)
    yield Text(path)
    yield FileStatus(path)
    if makes:
        yield FileStatus(posixpath.dirname(path))


def file_with(
    state: HostView,
    path: str,
    content: str,
    *,
    wanted: Attributed,
    backup: bool,
    force: bool,
) -> Iterable[Effect]:
    """What is needed for `path` to be a regular file that holds `content`, with the wanted attributes.

    Raises:
        TaskFailed: if something else than a file is there.
    """
    before, status = state.of(Text(path)), state.of(FileStatus(path))
    if before.kind == "other" or (before.kind == "absent" and status.kind == "link"):
        raise TaskFailed(f"{path} is there and is no regular file", cure="name the file itself")
    if before.kind == "file" and not force:
        return
    after = FileText.holding(content)
    new = before.kind == "absent"
    if new:
        refuse_missing_directory(state, path)
    if new or (before.checksum, before.size) != (after.checksum, after.size):
        yield WriteFile(
            path=path,
            before=before,
            after=content,
            mode=wanted.mode if new and wanted.mode is not None else NEW_FILE_MODE,
            backup=backup and not new,
            was=None if new else status,
        )
    refuse_through_link(path, status, wanted)
    there = created(wanted.mode) if new else status
    yield from attributes(state, path, there, wanted, new=new)


def refuse_through_link(path: str, status: PathStatus, wanted: Attributed) -> None:
    """Make sure that mode and owner are not wanted of a link.

    Raises:
        TaskFailed: if they are.
    """
    if status.kind == "link" and any_wanted(wanted):
        raise TaskFailed(
            f"{path} is a link; its mode and owner are not set through it", cure="name its target"
        )


def refuse_missing_directory(state: HostView, path: str) -> None:
    """Make sure that a new file has a place to be in, so that a plan does not promise what cannot be done.

    Raises:
        TaskFailed: if the directory is not there.
    """
    directory = posixpath.dirname(path)
    kind = kind_behind(state, directory)
    if kind == "absent":
        raise TaskFailed(
            f"{path} cannot be made: the directory {directory} is not there",
            cure="make it first: file with 'state: directory'",
        )
    if kind != "directory":
        raise TaskFailed(f"{path} cannot be made: {directory} is a {kind}, no directory")


def kind_behind(state: HostView, path: str) -> Kind:
    """What is at a path; where that is a link, whether it leads to a directory or to nothing of use."""
    kind = state.of(FileStatus(path)).kind
    return state.of(Directory(path)).kind if kind == "link" else kind


def created(mode: int | None) -> PathStatus:
    """The status of a file just made: its owner and group are whatever the host makes them."""
    made = NEW_FILE_MODE if mode is None else mode
    return PathStatus(kind="file", mode=made, owner="?", group="?", uid="?", gid="?")
