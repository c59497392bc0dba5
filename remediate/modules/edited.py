"""What `lineinfile` and `blockinfile` have in common: a text file, of whose text they make another one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, Text
from remediate.modules.attributes import attributes
from remediate.modules.base import HostView, Module
from remediate.modules.content import (
    NEW_FILE_MODE,
    created,
    facts_of,
    refuse_missing_directory,
    refuse_through_link,
)
from remediate.modules.types import Mode, Path, Regexp, Word
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Edited(Module):
    """Something in a file, or out of it, and the attributes that the file is to have."""

    path: Path
    state: Literal["present", "absent"] = "present"
    insertafter: Regexp | None = None
    insertbefore: Regexp | None = None
    create: bool = False
    backup: bool = False
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: if it is to stand in two places.
        """
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give 'insertafter' or 'insertbefore', not both")

    def probe(self) -> Iterable[Fact[Any]]:
        """See `facts_of`."""
        return facts_of(self.path, self, makes=self.create)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """What is needed for the file's text to be the edited one, and its attributes the wanted ones.

        Where there is no file, there is nothing to do, unless something is to be `present` in it: then it is
        a failure, or it is made with `create`.

        Raises:
            TaskFailed: if there is no such file, or it is no text that can be edited.
        """
        before, status = state.of(Text(self.path)), state.of(FileStatus(self.path))
        if before.kind == "absent":
            if status.kind != "absent" or (self.state == "present" and not self.create):
                raise TaskFailed(f"{self.path} is not there", cure="'create: true' makes it")
            if self.state == "absent":
                return
            refuse_missing_directory(state, self.path)
        if before.kind == "other":
            raise TaskFailed(f"{self.path} is no regular file")
        if before.content is None and before.kind == "file":
            raise TaskFailed(f"{self.path} is too large to edit ({before.size} bytes)")
        text, new = before.content or "", before.kind == "absent"
        after = self._edited(text)
        if after != text or new:
            yield WriteFile(
                path=self.path,
                before=before,
                after=after,
                mode=NEW_FILE_MODE if self.mode is None else self.mode,
                backup=self.backup and bool(text),
                was=None if new else status,
            )
            status = created(self.mode) if new else status
        refuse_through_link(self.path, status, self)
        yield from attributes(state, self.path, status, self, new=new)

    def _edited(self, text: str) -> str:
        """What is to become of the text."""
        raise NotImplementedError

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"path": self.path}
