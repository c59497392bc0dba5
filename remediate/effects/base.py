"""What every effect is: guard and change in one script, and an honest prediction."""

from collections.abc import Iterable
from typing import Any, ClassVar

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.bourne import decode
from remediate.errors import Drifted, TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.records import dataclass

DRIFTED = 91
"""The exit status by which a script says that its guard did not hold."""


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A question that is asked again right before an effect, and must still have the answer it rests on."""

    fact: Fact[Any]
    answer: Any
    what: str
    """What the question is about, for people: `the view 'Licences' of smd/smconf.nsf`."""
    cure: str = "something else changed it; look, and run again"
    """What to do if the answer is another one."""


@dataclass(frozen=True, kw_only=True)
class NoUndo:
    """Why an effect cannot be taken back, in words for a change board."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What takes an effect back: effects in their order, and how the host must be before.

    The guards hold the answers as the effect left them; fields that it cannot know are Unknown, and agree
    with anything. All of them are asked before the first of the effects.
    """

    effects: "tuple[Effect, ...]"
    guards: tuple[Guard, ...]


class Effect:
    """One change of a host. Subclasses are frozen dataclasses.

    Fields that do not count for `==` serve `undo` and the guards of a script alone: what a plan approves does
    not depend on them.
    """

    deadline: float = 60.0
    """Seconds within which the change must have been made."""

    once: ClassVar[bool] = False
    """Whether sending it twice would do it twice."""

    changes: ClassVar[bool] = True
    """Whether carrying it out counts as a change of the host."""

    joins: ClassVar[bool] = False
    """Whether it is a quick script, safe to be sent twice, that may go to the host together with others."""

    proves_itself: ClassVar[bool] = False
    """Whether judging it has asked the host for what it foretold; it is not asked once more as its proof."""

    def summary(self) -> str:
        """What it does, in one line: `write /etc/motd`."""
        raise NotImplementedError

    def diff(self) -> str:
        """The change as a unified diff, or as lines marked `+`, `~` or `-`."""
        raise NotImplementedError

    def guards(self) -> tuple[Guard, ...]:
        """What must not have changed; for an HTTP request, which cannot check it by itself."""
        return ()

    def script(self) -> str | HttpRequest:
        """Bourne text that checks what the decision saw, and only then changes the host; or a request."""
        raise NotImplementedError

    def feed(self) -> Iterable[bytes] | None:
        """What the script reads from its standard input, if it does; such a script has a channel of its own.

        Raises:
            TaskFailed: when it is read, if it cannot be had; the script then gets a part and must notice.
        """
        return None

    def judge(self, output: Output) -> "dict[str, Any] | Follow[Any]":
        """What came of it, as values to register; or a question whose answer `conclude` reads.

        Raises:
            Drifted: the guard found the host otherwise than the decision saw it; nothing was changed.
            TaskFailed: the change failed.
        """
        if output.status == 0:
            return {}
        said = decode(output.stderr or output.stdout).strip() or f"exit status {output.status}"
        if output.status == DRIFTED:
            raise Drifted(
                f"not done: {self.summary()}: {said}",
                cure="something else changed it since it was read; look, and run again",
            )
        raise TaskFailed(f"failed: {self.summary()}: {said}")

    def judge_response(self, response: HttpResponse) -> dict[str, Any]:
        """The same as `judge`, of the answer to an HTTP request."""
        raise NotImplementedError

    def conclude(self, answer: Any) -> dict[str, Any]:
        """What came of it, from the answer to the question that `judge` asked."""
        raise NotImplementedError

    def expected(self) -> dict[str, Any]:
        """What a dry run registers in place of the outcome; what only the apply can tell is an Unknown."""
        return {}

    def undo(self) -> Undo | NoUndo:
        """What takes it back, as far as it is known right before it is carried out."""
        raise NotImplementedError

    def doubt(self) -> Unknown | None:
        """What only the apply will tell, if it depends on that whether this is needed."""
        return None

    def touches(self) -> frozenset[str] | None:
        """The resources it may change; None if only its author knows."""
        raise NotImplementedError

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The answer that `fact` will have after this effect, if `answer` is the one before it."""
        touched = self.touches()
        if touched is not None and not any(fact.reads(resource) for resource in touched):
            return answer
        if fact.opaque or touched is None:
            return Provisional(answer.value, self.summary()) if isinstance(answer, Known) else answer
        return Unknown(self.summary())
