"""blockinfile: lines between two markers, present or absent, in a text file."""

from typing import ClassVar

from remediate.errors import TaskFailed
from remediate.modules.block_edit import BlockEdit, DamagedBlockError, put_block, take_block
from remediate.modules.edited import Edited
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class BlockInFile(Edited):
    """Keep a block of lines in a file, or out of it. Parameters and their meaning are Ansible's.

    The lines stand between `marker` with BEGIN and with END in place of `{mark}`. `state: absent` takes out
    these two lines and what is between them, whatever has happened around them; with `block` only these two
    and the block's own, each of which must still be there: what others have written between them stays.
    """

    unasked: ClassVar[tuple[str, ...]] = ("block",)

    block: str = ""
    marker: str = "# {mark} REMEDIATE MANAGED BLOCK"

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for a marker without `{mark}`, an empty block, or anchors that contradict.
        """
        if "{mark}" not in self.marker or "\n" in self.marker:
            raise ValueError("'marker' must be one line with {mark} in it")
        if self.state == "present" and not self.block.strip("\n"):
            raise ValueError("'state: present' needs 'block'")
        if self._begin in self.block.split("\n") or self._end in self.block.split("\n"):
            raise ValueError("'block' holds one of its own marker lines")
        super().__post_init__()

    @property
    def _begin(self) -> str:
        return self.marker.replace("{mark}", "BEGIN")

    @property
    def _end(self) -> str:
        return self.marker.replace("{mark}", "END")

    def _edited(self, text: str) -> str:
        try:
            lines = tuple(self.block.removesuffix("\n").split("\n")) if self.block.strip("\n") else ()
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
