"""What every module is: parameters in, questions and orders out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.modules.judgement import Judgement

T = TypeVar("T")


class HostView(Protocol):
    """What is known of the host, as one user sees it."""

    begun: bool
    """Whether the change about to be decided was sent already, in an earlier part of the run."""

    def of(self, fact: Fact[T]) -> T:
        """The answer to a question.

        Raises:
            UnknownUntilApplied: if only the apply will tell.
            TaskFailed: if the host could not answer it.
        """


class Desk(Protocol):
    """What the controller lends a module before its parameters are final."""

    def find(self, path: str, folder: str) -> Path:
        """Where a file on the controller is, looked for beside the playbook and in `folder` there."""

    def size(self, file: Path) -> int:
        """How many bytes such a file holds."""

    def read(self, path: str, folder: str) -> str:
        """The text of such a file."""

    def render(self, path: str, folder: str) -> str:
        """What such a file gives as a template, with the task's variables."""

    def holds(self, condition: str | bool) -> bool:
        """Whether a condition is true for the task's variables."""

    def value(self, expression: str) -> Any:
        """The value of a bare expression."""


class Module:
    """A remedy for one task. Subclasses are frozen dataclasses whose fields are the parameters."""

    conditions: ClassVar[tuple[str, ...]] = ()
    """Parameters that hold bare expressions: they are evaluated by `prepare`, not rendered."""

    leafwise: ClassVar[tuple[str, ...]] = ()
    """Parameters that are mappings and may hold Unknown: one value that is unknown spoils no other."""

    unasked: ClassVar[tuple[str, ...]] = ()
    """Parameters, texts, on which nothing depends that `probe` asks."""

    prepared: ClassVar[tuple[str, ...]] = ()
    """Fields that `prepare` fills in; a playbook cannot set them."""

    free_form: ClassVar[bool] = False
    """Whether a playbook may set any parameter name; they arrive as the one field `values`."""

    query: ClassVar[bool] = False
    """Whether it never has an effect."""

    elsewhere: ClassVar[bool] = False
    """Whether what it does is not done on the host, which need not be there for it."""

    check: ClassVar[bool] = False
    """Whether it is there to say whether something holds: a re-check keeps what each of them says."""

    @classmethod
    def may_change(cls, params: Mapping[str, Any]) -> bool:
        """Whether it could have an effect with parameters like these, rendered or not."""
        return not cls.query

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """The files of the controller that are named: the parameter, the file, and the folder for such."""
        del params
        return ()

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """The parameters, with what lies on the controller put in their place."""
        del desk
        return dict(params)

    def probe(self) -> Iterable[Fact[Any]]:
        """What `decide` will surely ask, so that it can be asked for many tasks at once."""
        return ()

    def decide(self, state: HostView) -> Iterable[Effect]:
        """The changes that are needed; none if all is as it should be.

        Raises:
            TaskFailed: if what the task demands does not hold.
        """
        del state
        return ()

    def judgement(self) -> Judgement | None:
        """What it says of the host; None if it is no check."""
        return None

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The values to register, given what came of the effects (in a dry run, what is expected)."""
        del state, outcomes
        return {}
