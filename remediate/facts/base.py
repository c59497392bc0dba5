"""What every fact is: Bourne text (or an HTTP request) that only reads, and a parser for what comes back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from remediate.facts.http import HttpRequest, HttpResponse
from remediate.records import dataclass

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Output:
    """What one script left behind: its exit status, and what it printed on both streams."""

    status: int
    stdout: bytes = b""
    stderr: bytes = b""


@dataclass(frozen=True)
class Follow(Generic[T]):
    """Not answered yet: ask `fact` instead, `after` seconds from now."""

    fact: "Fact[T]"
    after: float


class Joint(Protocol):
    """How questions that ask the same of one word each, such as a path, are asked as one script."""

    def ask(self, words: Sequence[str], /) -> str:
        """Bourne-shell text that asks it of all the words."""

    def share(self, words: Sequence[str], output: Output, /) -> Mapping[str, Output]:
        """What the question about each word alone would have brought; not there where that is in doubt."""


class Fact(Generic[T]):
    """A question about a host. Subclasses are frozen dataclasses; equal ones are the same question."""

    deadline: float = 60.0
    """Seconds within which the host must have answered."""

    opaque: ClassVar[bool] = False
    """Whether only its author knows what it looks at, so that any change may or may not change the answer."""

    by_request: ClassVar[bool] = False
    """Whether it is asked by an HTTP request, not by a script."""

    def ask(self) -> str | HttpRequest:
        """Bourne-shell text, or an HTTP request, that reads and changes nothing."""
        raise NotImplementedError

    def joint(self) -> tuple[Joint, str] | None:
        """How it is asked together with others that give an equal Joint, and its word; None: only alone."""
        return None

    def parse(self, output: Output) -> "T | Follow[T]":
        """The typed answer, or another question that leads to it.

        Raises:
            TaskFailed: if the output cannot be the answer to this question.
        """
        raise NotImplementedError

    def read(self, response: HttpResponse) -> "T | Follow[T]":
        """The same as `parse`, of the answer to an HTTP request."""
        raise NotImplementedError

    def overdue(self) -> str:
        """What to say when the deadline passes before the answer is there."""
        return "no answer"

    def about(self) -> str:
        """What is asked, in words: `text of /etc/motd`."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).lower()
        path = getattr(self, "path", None)
        return f"{words} of {path}" if isinstance(path, str) else words

    def lasting(self, answer: Any) -> Any:
        """What of the answer must be the same when a plan is applied; None if all of it varies by itself."""
        return answer

    def reads(self, resource: str) -> bool:
        """Whether a change of `resource` (a path, or a name such as `domino:/data`) may change the answer."""
        raise NotImplementedError
