"""lineinfile: one line, present or absent, in a text file."""

from typing import ClassVar

from remediate.modules.edited import Edited
from remediate.modules.line_edit import LineEdit, check_backrefs, put_line, remove_lines
from remediate.modules.types import Regexp
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class LineInFile(Edited):
    """Keep one line in a file, or out of it. Parameters and their meaning are Ansible's.

    `regexp` finds the line to replace (or the lines to remove); without a match, `line` is added after
    `insertafter`, before `insertbefore`, or at the end. The file must be there unless `create: true`.
    """

    unasked: ClassVar[tuple[str, ...]] = ("line",)

    line: str | None = None
    regexp: Regexp | None = None
    backrefs: bool = False
    firstmatch: bool = False

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for missing or contradicting parameters.
        """
        if self.state == "present" and self.line is None:
            raise ValueError("'state: present' needs 'line'")
        if self.line is None and self.regexp is None:
            raise ValueError("'state: absent' needs 'line' or 'regexp'")
        if self.line is not None and "\n" in self.line:
            raise ValueError(
                "'line' is one line; it cannot hold a line feed (`line: |` adds one, `line: >-` none)"
            )
        if self.backrefs and self.regexp is None:
            raise ValueError("'backrefs' needs 'regexp'")
        super().__post_init__()
        if self.backrefs and self.line is not None:
            check_backrefs(self.line, self.regexp or "")

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
