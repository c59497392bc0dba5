"""What happens in a run, as plain values: observers (terminal, files, journal) read one stream of these."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.modules.judgement import Judgement
from remediate.records import dataclass

Status = Literal["ok", "changed", "failed", "skipped", "unreachable", "unknown"]
Certainty = Literal["known", "provisional", "unknown"]


Step = tuple[int, int]
"""Where in a run a task stands: which play, and which task of it, both from 0."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A host's answer that a task looked at; `user` is whom it became for it, empty if nobody."""

    fact: Fact[Any]
    user: str
    answer: Any


@dataclass(frozen=True, kw_only=True)
class PlayStarted:
    """A batch of hosts begins a play."""

    play: str
    hosts: tuple[str, ...]
    batch: int
    batches: int
    dry_run: bool


@dataclass(frozen=True, kw_only=True)
class TaskEnded:
    """One task came to its end on one host (in a dry run: was decided).

    `diff` and `effects` say what was changed, or in a dry run what would be. `seconds` is wall time.
    `asks_person`: a person was asked to do something (would be). `orders` are the effects themselves, and
    `seen` what the task looked at: both hold what `no_log` hides, and are for those who keep it secret.
    `stopped`: it was broken off, as the run was. `replayed`: it ended in an earlier part of the run.
    `check`: it is there to say whether something holds, and says it with its `judgement`, unless that could
    not be told. `handler`: it was notified by another one.
    `begun`: whether the host was let begin; if not, its first task tells why nothing was sent to it.
    `exposes` are the secrets, by their variables' names, of which it may show too short a piece to be masked.
    """

    step: Step

    play: str
    task: str
    place: str
    module: str
    host: str
    status: Status
    certainty: Certainty = "known"
    diff: str = ""
    effects: tuple[str, ...] = ()
    seconds: float = 0.0
    attempts: int = 1
    message: str = ""
    ignored: bool = False
    rescued: bool = False
    asks_person: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)
    orders: tuple[Effect, ...] = field(default=(), repr=False)
    undecided: tuple[int, ...] = ()
    """Of what is unknown: see `Outcome`."""
    seen: tuple[Seen, ...] = field(default=(), repr=False)
    no_log: bool = False
    stopped: bool = False
    replayed: bool = False
    check: bool = False
    judgement: Judgement | None = None
    handler: bool = False
    begun: bool = True
    exposes: tuple[str, ...] = ()

    @property
    def unsaid(self) -> bool:
        """Whether it changes something, or would, that its status does not tell of, as `changed_when` can."""
        return (self.status == "ok" or self.ignored) and any(each.changes for each in self.orders)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """Lines that a command has printed and that are shown before it is through."""

    host: str
    task: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonAsked:
    """Hosts wait for a person, who is to do what `prompt` says; the person is being asked now."""

    play: str
    hosts: tuple[str, ...]
    prompt: str


@dataclass(frozen=True, kw_only=True)
class HostEnded:
    """One host is through with a play, or out of it; `replayed`: in an earlier part of the run."""

    play: str
    host: str
    outcome: Literal["done", "failed", "unreachable", "stopped"]
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class Warned:
    """Something a person should know that is no failure."""

    message: str


@dataclass(frozen=True)
class Counts:
    """How many tasks of a host ended how. `stopped` says that the run ended before the host was through.

    `unsaid` are those that count as ok and change something: see `TaskEnded.unsaid`.
    """

    ok: int = 0
    changed: int = 0
    failed: int = 0
    skipped: int = 0
    unreachable: int = 0
    unknown: int = 0
    ignored: int = 0
    rescued: int = 0
    unsaid: int = 0
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Recap:
    """The end of a run: the counts of each host that was selected."""

    hosts: Mapping[str, Counts]
    dry_run: bool
    seconds: float
    interrupted: bool = False


Event = PlayStarted | TaskEnded | Printed | PersonAsked | HostEnded | Warned | Recap
