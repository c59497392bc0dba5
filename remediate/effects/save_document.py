"""Order: save a document on the server before it is deleted, without showing what is in it."""

from dataclasses import field
from typing import Any

from remediate.answers import Answer
from remediate.effects.base import Effect, NoUndo
from remediate.effects.write import WriteFile
from remediate.facts.base import Fact
from remediate.records import dataclass

PRIVATE = 0o600
"""The mode of what is saved: activation codes are in it."""


@dataclass(frozen=True, kw_only=True)
class SaveDocument(Effect):
    """Write a document's whole text to a file that only its owner reads."""

    unid: str
    write: WriteFile = field(repr=False)

    def summary(self) -> str:
        """`save`."""
        return f"save document {self.unid} to {self.write.path}"

    def diff(self) -> str:
        """Where, and how much; never what."""
        return f"+ {self.write.path} ({len(self.write.after)} characters, mode {PRIVATE:04o})\n"

    def script(self) -> str:
        """See `WriteFile.script`."""
        return self.write.script()

    def undo(self) -> NoUndo:
        """The copy stays."""
        return NoUndo(
            why=f"the copy of document {self.unid} stays in {self.write.path}: it may be all that is left"
        )

    def touches(self) -> frozenset[str]:
        """The file."""
        return self.write.touches()

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """See `WriteFile.foretell`."""
        return self.write.foretell(fact, answer)
