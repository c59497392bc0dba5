"""A whole file with given content: what `copy` and `template` share."""

from collections.abc import Iterable

from remediate.effects.base import Effect
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.files import FileStatus, FileText, PathStatus, Text
from remediate.modules.attributes import attributes
from remediate.modules.base import HostView

NEW_FILE_MODE = 0o644
"""The mode of a new file whose task names none; a prediction cannot depend on the host's umask."""


def file_with(
    state: HostView,
    path: str,
    content: str,
    *,
    mode: int | None,
    owner: str | None,
    group: str | None,
    backup: bool,
    force: bool,
) -> Iterable[Effect]:
    """What is needed for `path` to be a regular file that holds `content`.

    Raises:
        TaskFailed: if something else than a file is there.
    """
    before, status = state.of(Text(path)), state.of(FileStatus(path))
    if before.kind == "other" or (before.kind == "absent" and status.kind == "link"):
        raise TaskFailed(f"{path} is there and is no regular file", cure="name the file itself")
    if before.kind == "file" and not force:
        return
    wanted = FileText.holding(content)
    new = before.kind == "absent"
    if new or (before.checksum, before.size) != (wanted.checksum, wanted.size):
        yield WriteFile(
            path=path,
            before=before,
            after=content,
            mode=mode if new and mode is not None else NEW_FILE_MODE,
            backup=backup and not new,
        )
    if status.kind == "link" and (mode is not None or owner is not None or group is not None):
        raise TaskFailed(
            f"{path} is a link; its mode and owner are not set through it", cure="name its target"
        )
    yield from attributes(path, _created(mode) if new else status, mode=mode, owner=owner, group=group)


def _created(mode: int | None) -> PathStatus:
    return PathStatus(kind="file", mode=NEW_FILE_MODE if mode is None else mode, owner="?", group="?")
