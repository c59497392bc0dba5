"""The one tree of errors: each says what is wrong, where, and how to mend it.

    RemediateError
    ├── InputError            a mistake in what the user wrote; nothing was contacted
    │   ├── PlaybookError     a playbook or a file it pulls in
    │   ├── InventoryError    an inventory, a pattern, a variable of a host
    │   ├── UsageError        the command line
    │   └── Mistakes          several of the above at once
    ├── TemplateError         an expression that cannot be evaluated
    │   └── UndefinedVariable
    ├── TaskFailed            a task's own verdict: the remedy does not hold on this host
    │   ├── Drifted           the host is no longer as the decision saw it
    │   ├── NotPlanned        a change came out otherwise than the plan shows it
    │   ├── NotConverged      the change was sent and did not take
    │   ├── LoginRefused      an HTTP server did not take a name and password
    │   ├── DeadlinePassed    the host did not answer in time
    │   ├── NotKnown          nothing tells any more whether a change that was sent was made
    │   └── ShellEnded        the shell on the host ended before it answered
    ├── NotSent               a message that did not get to its channel
    │   └── NotSentYet        to try again may help
    └── Unreachable           no connection, or it was lost
        ├── ConnectionLost    it was there, and broke
        ├── HostKeyRefused    the host's key is unknown or another one
        └── HostLocked        another run works on the host

`UnknownUntilApplied` stands apart: it is no error but the third kind of answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written: a file and, if known, line and column (both from 1)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class RemediateError(Exception):
    """What went wrong, where (a place in a file, or a host), and the cure."""

    def __init__(self, what: str, *, where: Place | str | None = None, cure: str | None = None) -> None:
        super().__init__(what, where, cure)
        self.what = what
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where is not None else self.what
        return f"{text} ({self.cure})" if self.cure else text

    def explain(self) -> str:
        """The message where the host is known already: the place in a file if there is one, and the cure."""
        place = f"{self.where}: " if isinstance(self.where, Place) else ""
        return f"{place}{self.what}" + (f" ({self.cure})" if self.cure else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.cure)


def _rebuild(
    kind: type[RemediateError], what: str, where: Place | str | None, cure: str | None
) -> RemediateError:
    return kind(what, where=where, cure=cure)


class InputError(RemediateError):
    """The user wrote something wrong; no host was contacted."""


class PlaybookError(InputError):
    """A playbook, or a file that it pulls in, is wrong."""


class InventoryError(InputError):
    """An inventory, a host pattern or a host's variable is wrong."""


class UsageError(InputError):
    """The command line is wrong."""


class Mistakes(InputError):
    """Several mistakes found in one reading, in the order of their places."""

    def __init__(self, mistakes: Sequence[RemediateError]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)

    def __reduce__(self) -> tuple[object, ...]:
        return Mistakes, (self.mistakes,)


class TemplateError(RemediateError):
    """A template or a condition cannot be evaluated."""


class UndefinedVariable(TemplateError):
    """A template names a variable that nobody has set."""


class TaskFailed(RemediateError):
    """A task says that what it wants does not hold on this host."""


class Drifted(TaskFailed):
    """The host is no longer as it was when the change was decided; nothing was changed."""


class NotPlanned(TaskFailed):
    """A change came out otherwise than the plan shows it; it was not made."""


class NotConverged(TaskFailed):
    """The change was carried out without an error, and asking again shows that it did not take."""


class LoginRefused(TaskFailed):
    """An HTTP server did not take a name and password; to try again may lock the account."""


class DeadlinePassed(TaskFailed):
    """The host did not answer within the operation's deadline."""


class NotKnown(TaskFailed):
    """A change was sent, and nothing tells any more whether it was made; it is not sent again."""


class ShellEnded(TaskFailed):
    """The shell on the host ended before it answered: it was killed, or left by what it ran."""


class NotSent(RemediateError):
    """A message was not taken by the channel that it was sent to."""


class NotSentYet(NotSent):
    """A message was not taken, or it is not known whether it was; to send it again may help."""


class Unreachable(RemediateError):
    """No connection to the host could be made, or the one there was is lost."""


class ConnectionLost(Unreachable):
    """The connection broke while something was under way, and it is not known how far that came."""


class HostKeyRefused(Unreachable):
    """The host's key is not known, or is another one than the known one."""


class HostLocked(Unreachable):
    """Another run works on the host; nothing was sent to it."""


class UnknownUntilApplied(Exception):
    """The answer is the output of something that a dry run does not run."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


M = TypeVar("M", bound=RemediateError)


def sort_mistakes(mistakes: Iterable[M]) -> list[M]:
    """The mistakes in the order of their places, each once: what is repeated is still one mistake."""
    unique = {str(mistake): mistake for mistake in mistakes}
    return sorted(unique.values(), key=lambda mistake: _place_of(mistake.where))


def _place_of(where: Place | str | None) -> Place:
    return where if isinstance(where, Place) else Place(where or "")
