"""What a dry run lays over its answers where only the apply will tell what is done."""

from typing import Any

from remediate.answers import Answer, Known, Provisional
from remediate.effects.base import Effect
from remediate.errors import UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Perhaps(Effect):
    """An effect of which only the apply will tell whether it is needed."""

    effect: Effect
    why: str
    likely: bool = False
    """Whether it is needed as things are now, and only what may yet change them could spare it."""

    def summary(self) -> str:
        """The effect's own, with the doubt."""
        return f"perhaps {self.effect.summary()}"

    def diff(self) -> str:
        """The effect's own."""
        return self.effect.diff()

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Where the effect would make a difference, the answer is provisional."""
        after = self.effect.foretell(fact, answer)
        if after is answer or _is_same(after, answer):
            return answer
        if self.likely:
            return Provisional(after.value, self.why) if isinstance(after, Known) else after
        return Clouded(why=self.why).foretell(fact, answer)


@dataclass(frozen=True, kw_only=True)
class Clouded(Effect):
    """Something may be done, and nobody can say yet what: every answer is provisional from here on."""

    why: str

    def summary(self) -> str:
        """What it depends on."""
        return f"unknown until applied: {self.why}"

    def diff(self) -> str:
        """Nothing can be shown."""
        return ""

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The same answer, provisionally."""
        return Provisional(answer.value, self.why) if isinstance(answer, Known) else answer


def _is_same(after: Answer, before: Answer) -> bool:
    try:
        return isinstance(after, Known) and after == before
    except UnknownUntilApplied:  # a field that is unknown is the same as nothing
        return False
