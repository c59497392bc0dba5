"""lineinfile: one line, present or absent, in a text file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.modules.base import HostView, Module
from remediate.modules.content import edited_file, facts_of
from remediate.modules.line_edit import LineEdit, check_backrefs, put_line, remove_lines
from remediate.modules.types import Mode, Path, Regexp, Word


@dataclass(frozen=True, kw_only=True)
class LineInFile(Module):
    """Keep one line in a file, or out of it. Parameters and their meaning are Ansible's.

    `regexp` finds the line to replace (or the lines to remove); without a match, `line` is added after
    `insertafter`, before `insertbefore`, or at the end. The file must be there unless `create: true`.
    """

    unasked: ClassVar[tuple[str, ...]] = ("line",)

    path: Path
    line: str | None = None
    regexp: Regexp | None = None
    state: Literal["present", "absent"] = "present"
    backrefs: bool = False
    insertafter: Regexp | None = None
    insertbefore: Regexp | None = None
    firstmatch: bool = False
    create: bool = False
    backup: bool = False
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

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
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give 'insertafter' or 'insertbefore', not both")
        if self.backrefs and self.line is not None:
            check_backrefs(self.line, self.regexp or "")

    def probe(self) -> Iterable[Fact[Any]]:
        """See `facts_of`."""
        return facts_of(self.path, makes=self.create)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See `edited_file`."""
        return edited_file(
            state,
            self.path,
            self._edited,
            wanted=self,
            present=self.state == "present",
            create=self.create,
            backup=self.backup,
        )

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
