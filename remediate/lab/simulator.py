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
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from remediate.lab.console import Exchange, Said, converse
from remediate.lab.draw import ServerState
from remediate.lab.loglines import render_lines
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.state import LabPlan, note_command, read_state, write_state
from remediate.lab.world import write_console_database

_log = logging.getLogger(__name__)


@dataclass
class _Console:
    paths: ServerPaths
    rng: random.Random
    waiting: deque[str] = field(default_factory=deque)
    saying: deque[Said] = field(default_factory=deque)


class Simulator:
    """Answers console commands from the FIFO until `stop` is called from another thread."""

    def __init__(self, lab: LabPaths, plan: LabPlan) -> None:
        self._fifo = os.open(lab.console, os.O_RDWR | os.O_NONBLOCK)
        self._stop_reader, self._stop_writer = os.pipe()
        self._consoles: Mapping[str, _Console] = {
            # Not a secret, but delays that repeat with the seed.
            server.name: _Console(lab.of(server), random.Random(f"delays/{server.random_seed}"))  # noqa: S311
            for server in plan.servers
        }
        self._due: list[tuple[float, int, _Console]] = []
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
        console.waiting.append(command)
        if not console.saying:
            self._answer_next(console)

    def _answer_next(self, console: _Console) -> None:
        while console.waiting and not console.saying:
            words = tuple(console.waiting.popleft().split())
            if words:
                console.saying.extend(converse(self._exchange(console, words)))
        if console.saying:
            self._schedule(console)

    @staticmethod
    def _exchange(console: _Console, words: tuple[str, ...]) -> Exchange:
        paths = console.paths
        return Exchange(
            server=paths.server,
            state=read_state(paths),
            data_directory=str(paths.data),
            words=words,
            now=datetime.now().astimezone(),
            rng=console.rng,
        )

    def _schedule(self, console: _Console) -> None:
        due = time.monotonic() + console.saying[0].after
        heapq.heappush(self._due, (due, next(self._order), console))

    def _say_what_is_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, console = heapq.heappop(self._due)
            try:
                _say(console.paths, console.saying.popleft())
            except OSError as error:
                _log.warning("%s: %s", console.paths.server.name, error)
            if console.saying:
                self._schedule(console)
            else:
                self._answer_next(console)


def _say(paths: ServerPaths, said: Said) -> None:
    """Keep the new state first: whoever has read the line may look at it."""
    before: ServerState = read_state(paths)
    if said.state != before:
        write_state(paths, said.state)
    if said.state.licence != before.licence:
        write_console_database(paths, said.state)
    if said.lines:
        text = render_lines(paths.server, said.lines, datetime.now().astimezone())
        with paths.console_log.open("ab", buffering=0) as log:
            log.write(text.encode())
