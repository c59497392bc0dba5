"""blockinfile: lines between two markers, present or absent, in a text file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from remediate.effects.base import Effect
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.modules.base import HostView, Module
from remediate.modules.block_edit import BlockEdit, DamagedBlockError, put_block, take_block
from remediate.modules.content import edited_file, facts_of
from remediate.modules.types import Mode, Path, Regexp, Word


@dataclass(frozen=True, kw_only=True)
class BlockInFile(Module):
    """Keep a block of lines in a file, or out of it. Parameters and their meaning are Ansible's.

    The lines stand between `marker` with BEGIN and with END in place of `{mark}`. `state: absent` takes out
    these two lines and what is between them, whatever has happened around them; with `block` only these two
    and the block's own, each of which must still be there: what others have written between them stays.
    """

    unasked: ClassVar[tuple[str, ...]] = ("block",)

    path: Path
    block: str = ""
    marker: str = "# {mark} REMEDIATE MANAGED BLOCK"
    state: Literal["present", "absent"] = "present"
    insertafter: Regexp | None = None
    insertbefore: Regexp | None = None
    create: bool = False
    backup: bool = False
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: for a marker without `{mark}`, an empty block, or anchors that contradict.
        """
        if "{mark}" not in self.marker or "\n" in self.marker:
            raise ValueError("'marker' must be one line with {mark} in it")
        if self.state == "present" and not self.block.strip("\n"):
            raise ValueError("'state: present' needs 'block'")
        if self._begin in self.block.split("\n") or self._end in self.block.split("\n"):
            raise ValueError("'block' holds one of its own marker lines")
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("give 'insertafter' or 'insertbefore', not both")

    @property
    def _begin(self) -> str:
        return self.marker.replace("{mark}", "BEGIN")

    @property
    def _end(self) -> str:
        return self.marker.replace("{mark}", "END")

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
        try:
            lines = tuple(self.block.strip("\n").split("\n")) if self.block.strip("\n") else ()
            if self.state == "absent":
                return take_block(text, self._begin, self._end, lines)
            edit = BlockEdit(
                lines=lines,
                begin=self._begin,
                end=self._end,
                insertafter=self.insertafter,
                insertbefore=self.insertbefore,
            )
            return put_block(text, edit)
        except DamagedBlockError as error:
            raise TaskFailed(f"{self.path}:{error.line}: {error}", cure=error.cure) from None

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"path": self.path}
