"""The consoles of the whole fleet: one thread, one FIFO, one list of answers that are due.

At rest it waits for the FIFO and costs nothing. A server's commands are answered one after the other, as on a
real console; those of different servers at the same time.
"""

import heapq
import itertools
import logging
import os
import random
import select
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime

from remediate.lab.console import converse
from remediate.lab.exchange import Said
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.servers import Servers
from remediate.lab.state import LabPlan, note_command
from remediate.records import dataclass

_log = logging.getLogger(__name__)


@dataclass
class _Lane:
    """What speaks into a console log one thing after the other: the console, or a task with its own pace."""

    paths: ServerPaths
    saying: deque[Said] = field(default_factory=deque)


@dataclass
class _Console(_Lane):
    rng: random.Random = field(kw_only=True)
    waiting: deque[str] = field(default_factory=deque)
    lanes: dict[str, _Lane] = field(default_factory=dict)


class Simulator:
    """Answers console commands from the FIFO until `stop` is called from another thread."""

    def __init__(self, lab: LabPaths, plan: LabPlan) -> None:
        self._fifo = os.open(lab.console, os.O_RDWR | os.O_NONBLOCK)
        self._stop_reader, self._stop_writer = os.pipe()
        self._consoles: Mapping[str, _Console] = {
            # Not a secret, but delays that repeat with the seed.
            server.name: _Console(lab.of(server), rng=random.Random(f"delays/{server.random_seed}"))  # noqa: S311
            for server in plan.servers
        }
        self._servers = Servers(lab, plan)
        self._due: list[tuple[float, int, _Lane]] = []
        self._order = itertools.count()

    def run(self) -> None:
        """Answer until stopped."""
        poll = select.poll()
        poll.register(self._fifo, select.POLLIN)
        poll.register(self._stop_reader, select.POLLIN)
        rest = b""
        while True:
            ready = dict(poll.poll(self._wait_ms()))
            if self._stop_reader in ready:
                return
            if self._fifo in ready:
                *lines, rest = (rest + os.read(self._fifo, 65536)).split(b"\n")
                for line in lines:
                    self._receive(line.decode("utf-8", "backslashreplace"))
            self._say_what_is_due()

    def stop(self) -> None:
        """Let `run` return; answers not yet given are lost, as when a server goes down."""
        os.write(self._stop_writer, b"x")

    def _wait_ms(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) * 1000 + 1 if self._due else None

    def _receive(self, line: str) -> None:
        name, _, command = line.partition("\t")
        console = self._consoles.get(name)
        if console is None:
            _log.warning("console command for no server of this lab: %r", line)
            return
        note_command(console.paths, command, datetime.now().astimezone())
        if self._servers.is_silent(console.paths):
            return
        console.waiting.append(command)
        if not console.saying:
            self._answer_next(console)

    def _answer_next(self, console: _Console) -> None:
        while console.waiting and not console.saying:
            command, file = self._servers.redirected(console.paths, console.waiting.popleft())
            words = tuple(command.split())
            if words:
                answer = converse(self._servers.exchange(console.paths, words, console.rng))
                self._take(console, [replace(said, to=file) for said in answer])
        if console.saying:
            self._schedule(console)

    def _take(self, console: _Console, answer: Iterable[Said]) -> None:
        for said in answer:
            if not said.lane:
                console.saying.append(said)
                continue
            lane = console.lanes.setdefault(said.lane, _Lane(console.paths))
            lane.saying.append(said)
            if len(lane.saying) == 1:
                self._schedule(lane)

    def _schedule(self, lane: _Lane) -> None:
        due = time.monotonic() + lane.saying[0].after + self._servers.lateness(lane.paths)
        heapq.heappush(self._due, (due, next(self._order), lane))

    def _say_what_is_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, lane = heapq.heappop(self._due)
            # It stays in the lane until it is said: what comes meanwhile must not take its turn.
            try:
                self._servers.say(lane.paths, lane.saying[0])
            except OSError as error:
                _log.warning("%s: %s", lane.paths.server.name, error)
            lane.saying.popleft()
            if lane.saying:
                self._schedule(lane)
            elif isinstance(lane, _Console):
                self._answer_next(lane)
