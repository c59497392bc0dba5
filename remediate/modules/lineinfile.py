"""lineinfile: one line, present or absent, in a text file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, PathStatus, Text
from remediate.modules.attributes import attributes
from remediate.modules.base import HostView, Module
from remediate.modules.content import NEW_FILE_MODE
from remediate.modules.line_edit import LineEdit, put_line, remove_lines
from remediate.modules.types import Mode, Path


@dataclass(frozen=True, kw_only=True)
class LineInFile(Module):
    """Keep one line in a file, or out of it. Parameters and their meaning are Ansible's.

    `regexp` finds the line to replace (or the lines to remove); without a match, `line` is added after
    `insertafter`, before `insertbefore`, or at the end. The file must be there unless `create: true`.
    """

    path: Path
    line: str | None = None
    regexp: str | None = None
    state: Literal["present", "absent"] = "present"
    backrefs: bool = False
    insertafter: str | None = None
    insertbefore: str | None = None
    firstmatch: bool = False
    create: bool = False
    backup: bool = False
    mode: Mode | None = None
    owner: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: for missing or contradicting parameters, or a regular expression that is none.
        """
        if self.state == "present" and self.line is None:
            raise ValueError("'state: present' needs 'line'")
        if self.line is None and self.regexp is None:
            raise ValueError("'state: absent' needs 'line' or 'regexp'")
        if self.line is not None and "\n" in self.line:
            raise ValueError("'line' is one line; it cannot hold a line feed")
        if self.backrefs and self.regexp is None:
            raise ValueError("'backrefs' needs 'regexp'")
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give 'insertafter' or 'insertbefore', not both")
        for name in ("regexp", "insertafter", "insertbefore"):
            try:
                re.compile(getattr(self, name) or "")
            except re.error as error:
                raise ValueError(f"'{name}' is not a regular expression: {error}") from None

    def probe(self) -> Iterable[Fact[Any]]:
        """Text and status of the file."""
        return (Text(self.path), FileStatus(self.path))

    def decide(self, state: HostView) -> Iterable[Effect]:
        """A WriteFile if the edited text differs.

        Raises:
            TaskFailed: if there is no such file, or it is no text that can be edited.
        """
        before, status = state.of(Text(self.path)), state.of(FileStatus(self.path))
        if before.kind == "absent" and self.state == "absent":
            return
        if before.kind == "absent" and not (self.create and status.kind == "absent"):
            raise TaskFailed(f"{self.path} is not there", cure="'create: true' makes it")
        if before.kind == "other":
            raise TaskFailed(f"{self.path} is no regular file")
        if before.content is None and before.kind == "file":
            raise TaskFailed(f"{self.path} is too large to edit ({before.size} bytes)")
        text = before.content or ""
        after = self._edited(text)
        if after != text or before.kind == "absent":
            new_mode = NEW_FILE_MODE if self.mode is None else self.mode
            yield WriteFile(
                path=self.path, before=before, after=after, mode=new_mode, backup=self.backup and bool(text)
            )
            if before.kind == "absent":
                status = PathStatus(kind="file", mode=new_mode, owner="?", group="?")
        yield from attributes(self.path, status, mode=self.mode, owner=self.owner, group=self.group)

    def _edited(self, text: str) -> str:
        if self.state == "absent":
            return remove_lines(text, line=self.line, regexp=self.regexp)
        edit = LineEdit(
            line=self.line or "",
            regexp=self.regexp,
            backrefs=self.backrefs,
            insertafter=self.insertafter,
            insertbefore=self.insertbefore,
            firstmatch=self.firstmatch,
        )
        return put_line(text, edit)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"path": self.path}
