"""The plan of a change as values: what a dry run found, and all that is needed to carry just that out.

A plan holds no secret: in every text of it a secret's place is taken by a seal (see `sealing`).
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from remediate.engine.events import Certainty, Status, Step
from remediate.records import dataclass
from remediate.sealing import SealedSecret


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFact:
    """An answer of a host on which a decision rests.

    `about` says in words what was asked, and `question` is the keyed sum of that. `digest` is that of what
    must be the same when the plan is applied (empty where all of it varies by itself), and `text` what was
    answered, where a diff needs it.
    """

    about: str
    question: str
    user: str
    digest: str
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedEffect:
    """A change, as people see it; `digest` stands for the whole of it (see `digests`).

    `no_undo` says why it cannot be taken back; empty if it can.
    """

    summary: str
    diff: str
    digest: str
    no_undo: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTask:
    """What one task will do on one host.

    `certainty` is `known`; or `provisional`, if something before it may still change what it rests on; or
    `unknown`, if only the apply will tell. `message` says why, or what the task had to say. `undecided` are
    the items of its loop of which nothing could be decided, see `Outcome`.
    """

    step: Step
    play: str
    task: str
    module: str
    place: str
    status: Status
    certainty: Certainty
    message: str = ""
    asks_person: bool = False
    effects: tuple[PlannedEffect, ...] = ()
    undecided: tuple[int, ...] = ()
    facts: tuple[SeenFact, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlannedHost:
    """One host's way through the plan. `outcome` is how the dry run ended there: `done`, or why not."""

    name: str
    outcome: str
    tasks: tuple[PlannedTask, ...]


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything a run is made of, with no way back to the files it came from.

    `files` are the playbooks and all that they pull in, by their paths. `packages` are files that hosts are
    sent whole, by their paths: they stay where they are, and an effect names their SHA-256. `environment` are
    the variables of the planner's process that templates asked for.
    """

    playbooks: tuple[str, ...]
    files: Mapping[str, str]
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    inventory: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan. Times are UTC (RFC 3339); `not_before` and `not_after` are empty where there is no limit."""

    tool: str
    made: str
    planner: str
    """Who made it: user and machine, as `user@machine`."""
    planner_keys: tuple[str, ...] = ()
    """The fingerprints of the SSH keys he had then: an approval with one of them is his own."""
    inventories: tuple[str, ...]
    not_before: str = ""
    not_after: str = ""
    warnings: tuple[str, ...] = ()
    key_id: str = ""
    """Which key the digests were made with; it tells nothing of the key."""
    nonce: str
    """Tells the seals of this plan from texts that look like them."""
    secrets: tuple[SealedSecret, ...] = ()
    content: Content
    hosts: tuple[PlannedHost, ...]
    stamp: str = ""
    """Who has the key has made it just so: the keyed sum of all the rest (see `stamp`)."""
