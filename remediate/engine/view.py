"""View: what is known of a host, as one user sees it who decides."""

from dataclasses import field
from typing import TypeVar

from remediate.answers import Known, Provisional, Unknown
from remediate.engine.asking import Refused
from remediate.engine.state import HostState
from remediate.errors import LoginRefused, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.hosts.target import Become
from remediate.records import dataclass

T = TypeVar("T")


@dataclass
class View:
    """A HostState as one user sees it, noting on which provisional answers a decision rests."""

    state: HostState
    become: Become | None
    provisional: list[str] = field(default_factory=list)
    begun: bool = False
    """Whether the change about to be decided was sent already, in an earlier part of the run."""

    def of(self, fact: Fact[T]) -> T:
        """The answer.

        Raises:
            UnknownUntilApplied: if only the apply will tell.
            RemediateError: if the host could not answer.
        """
        answer = self.state.answer(fact, self.become)
        match answer:
            case Refused(error):
                # The next task may be luckier: a console log was just rotated, a server just busy.
                if not isinstance(error, LoginRefused):
                    self.state.forget([fact], self.become)
                raise error
            case Unknown(why):
                raise UnknownUntilApplied(why)
            case Provisional(value, why):
                self.provisional.append(why)
                return value  # type: ignore[no-any-return]
            case Known(value):
                return value  # type: ignore[no-any-return]
