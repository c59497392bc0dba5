"""The journal: each change is on the disk before it is sent, and its outcome after.

An intent without an outcome is a change of which nobody knows whether it was made: what to look at after a
crash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from remediate.records import dataclass

INTENT, OUTCOME, TASK, ENDED = "intent", "outcome", "task", "ended"
"""The kinds of record: a change about to be sent, how it ended, a task on a host, the end of the run."""
THROUGH, LEFT = "through", "left"
"""Two more: nothing will be sent to a host any more; and no lock and no claim of the run is left there."""
RESUMED, CONTENT = "resumed", "content"
"""And two of the run as a whole: somebody goes on with it; it has read more of what it is made of."""

OWN = frozenset(
    {
        *("event", "host", "place", "module", "status", "certainty", "ignored", "rescued"),
        *("seconds", "attempts", "dry_run", "interrupted", "hosts"),
        *("began", "user", "machine", "version", "playbooks", "inventories", "limit", "tags", "skip_tags"),
        *("nonce", "plan", "plan_file", "approved_by", "undoes", "recheck", "left_out"),
    }
)
"""The fields of records that hold our words, figures, names and paths, which programs read: nothing is masked
in them. All others hold what a task, a host or a template says."""

DONE = "done"
"""The outcome of a change that was made, and proven. That of others is the name of what went wrong; or:"""
NOT_SENT = "not sent"
"""One before it in the same script has failed, and so nothing of it was done."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A change about to be sent. `address` is its place in the run, `undo` what takes it back, as JSON.

    `undoes` is the number of the change in another run that it takes back; 0 if it takes none back.
    `claimed` says as whom it is claimed on the host: user and method, or nothing for the login user; None if
    it is not. `secret`: nobody may read what takes it back.
    """

    host: str
    task: str
    change: str
    address: str
    undo: Mapping[str, Any] = field(default_factory=dict, repr=False)
    undoes: int = 0
    claimed: Sequence[str] | None = None
    secret: bool = False


class Journal(Protocol):
    """Where intents and outcomes go. Used by many threads."""

    @property
    def problem(self) -> str:
        """Why not everything could be written; empty if it was."""

    def intend(self, intents: Sequence[Intent]) -> list[int]:
        """Write down what is going to be sent; gives the numbers that `conclude` refers to.

        Raises:
            TaskFailed: if it cannot be written down; then nothing of it must be sent.
        """

    def conclude(self, intent: int, outcome: str, host: str = "") -> None:
        """Write down how it ended; what is written last counts.

        `host` is needed where it was intended in an earlier part of the run.
        """

    def through(self, host: str) -> None:
        """Write down that nothing will be sent to a host any more, after all that was told of it.

        Raises:
            TaskFailed: if it cannot be written down; then what the run has claimed there is still needed.
        """

    def left(self, host: str) -> None:
        """Write down that nothing of the run is left on a host."""

    def close(self) -> None:
        """The run is over."""


class NoJournal:
    """For runs that send nothing: a dry run keeps no journal, and an intent in one is a defect."""

    problem = ""

    def intend(self, intents: Sequence[Intent]) -> list[int]:
        """Refuse.

        Raises:
            AssertionError: always.
        """
        raise AssertionError(f"a change was about to be sent in a dry run: {intents}")

    def conclude(self, intent: int, outcome: str, host: str = "") -> None:
        """Nothing was intended, so nothing ends."""

    def through(self, host: str) -> None:
        """Nothing was claimed."""

    def left(self, host: str) -> None:
        """Nothing was there."""

    def close(self) -> None:
        """Nothing to close."""
