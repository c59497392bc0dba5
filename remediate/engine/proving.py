"""What proves effects: the questions whose answers they change, asked again in the same round trip."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import cached_property
from typing import Any

from remediate.engine.asking import Refused, agrees, understood
from remediate.engine.joining import Script, answered, scripts_for
from remediate.engine.knowledge import Proof
from remediate.errors import NotConverged, RemediateError, TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.proofs import Owners, proving
from remediate.records import dataclass
from remediate.secrecy import whole_or_counted


@dataclass(frozen=True)
class Proving:
    """What is asked, and what each answer must be."""

    proofs: Mapping[Fact[Any], Proof]
    owners: Owners | None = None
    """Whose names the host has told already."""

    @cached_property
    def _questions(self) -> dict[Fact[Any], Fact[Any]]:
        """What is asked in the place of each question after the effect."""
        return {
            fact: proving(fact, proof.before, proof.after, self.owners) for fact, proof in self.proofs.items()
        }

    @cached_property
    def _scripts(self) -> list[Script]:
        return scripts_for(self._questions.values())

    def texts(self) -> list[str]:
        """The scripts to send behind the effect's."""
        return [each.text for each in self._scripts]

    def found(self, outputs: Sequence[Output]) -> dict[Fact[Any], Any]:
        """The answers; none from a cheaper question that has not proven what was foretold."""
        told = answered(self._scripts, outputs)
        found = {}
        for fact, asked in self._questions.items():
            if asked not in told:
                continue
            with nullcontext() if asked is fact else suppress(TaskFailed):
                answer = understood(asked, told[asked])
                if not isinstance(answer, Follow) and (
                    asked is fact or agrees(self.proofs[fact].after, answer)
                ):
                    found[fact] = answer
        return found


_LONGEST = 200
"""Letters of an answer that are shown."""


def unproven(change: str, foretold: Any, found: Any) -> RemediateError | None:
    """Why an answer does not show that a change was made; None if it does."""
    if isinstance(found, Refused):
        return found.error
    if agrees(foretold, found):
        return None
    return NotConverged(
        f"did not converge: after '{change}' the host answers {whole_or_counted(repr(found), _LONGEST)} "
        f"where {whole_or_counted(repr(foretold), _LONGEST)} was expected"
    )
