"""One console command and its answer as plain data: what it depends on, what is said, and what is done."""

import random
from datetime import datetime

from remediate.lab.documents import Documents
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.loglines import Line
from remediate.records import dataclass


@dataclass(frozen=True)
class Renew:
    """The full licences in this server's documents get valid."""


@dataclass(frozen=True)
class Replicate:
    """The documents of `source` come to `target`: a pull of the one, a push of the other."""

    source: str
    target: str


@dataclass(frozen=True)
class AddPattern:
    """A pattern file of this number is put into the pattern directory."""

    number: int


Deed = Renew | Replicate | AddPattern


@dataclass(frozen=True, kw_only=True)
class Said:
    """Lines that come `after` seconds after those before them.

    `state` is the server's state from then on, as far as it differs from `base`, which the command found;
    None if it stays as it is. `deed` is done just before. What has a `lane` is said by a task of its own,
    while the console goes on with other commands. `to` is a file that gets the answer in place of the log, as
    with `show tasks >FILE` on Windows.
    """

    after: float
    lines: tuple[Line, ...]
    state: ServerState | None
    base: ServerState | None = None
    deed: Deed | None = None
    lane: str = ""
    to: str = ""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a command finds on the server's disks, in its documents and in the lab, in the articles' story."""

    installed_build: int
    minimum_build: int
    pattern: int
    check_off: bool
    half_installed: bool
    documents: Documents
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One command arriving at one server: all that its answer depends on."""

    server: LabServer
    state: ServerState
    data_directory: str
    words: tuple[str, ...]
    now: datetime
    rng: random.Random
    around: Surroundings | None = None
    failing_update: bool = False

    def say(
        self,
        *lines: Line,
        state: ServerState | None = None,
        slow: bool = False,
        deed: Deed | None = None,
    ) -> Said:
        """One burst of the answer: tens of milliseconds away, or hundreds if `slow`."""
        after = self.rng.uniform(0.15, 0.4) if slow else self.rng.uniform(0.02, 0.25)
        return Said(after=after, lines=lines, state=state or self.state, base=self.state, deed=deed)
