"""The Domino console of one server: what a command says, how late, and what it changes.

`converse` is pure but for the random source it is handed. Command words may be shortened as on a real
console (`sh ta`, `sh se`, `tel smdreal checkac`, `lo SMDReal`) and are read without regard to case.

What the article leaves open is decided so: a `load SMDReal` whose update fails leaves smdreal unloaded, since
"the scan tasks no longer load"; a running smdreal whose `checkac` fails goes on running.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remediate.lab import texts
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.loglines import Line, format_date

SMDREAL = "smdreal"


@dataclass(frozen=True, kw_only=True)
class Said:
    """Lines that come `after` seconds after those before them, and the server's state from then on."""

    after: float
    lines: tuple[Line, ...]
    state: ServerState


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One command arriving at one server: all that its answer depends on."""

    server: LabServer
    state: ServerState
    data_directory: str
    words: tuple[str, ...]
    now: datetime
    rng: random.Random

    def say(self, *lines: Line, state: ServerState | None = None, slow: bool = False) -> Said:
        """One burst of the answer: tens of milliseconds away, or hundreds if `slow`."""
        after = self.rng.uniform(0.15, 0.4) if slow else self.rng.uniform(0.02, 0.25)
        return Said(after=after, lines=lines, state=state or self.state)


def converse(exchange: Exchange) -> tuple[Said, ...]:
    """The answer to one command, with other tasks' lines among it."""
    words = exchange.words
    answers: Sequence[tuple[tuple[tuple[str, int], ...], Callable[[Exchange], tuple[Said, ...]]]] = (
        ((("show", 2), ("tasks", 2)), _show_tasks),
        ((("show", 2), ("server", 2)), _show_server),
        ((("tell", 3),), _tell),
        ((("load", 2),), _load),
    )
    for pattern, answer in answers:
        if len(words) >= len(pattern) and all(map(_abbreviates, words, pattern)):
            return _among_others(exchange, answer(exchange))
    line = Line(task="Console", text=texts.NO_SUCH_COMMAND.format(text=" ".join(words)))
    return _among_others(exchange, (exchange.say(line),))


def start_lines(state: ServerState) -> tuple[Line, ...]:
    """What smdreal prints when it is loaded, before it asks for its licence."""
    banner = [texts.RELEASE, texts.COPYRIGHT, texts.BUILD_DATE, texts.ENGINE]
    if state.licence == "expired":
        banner.append(texts.ALREADY_EXPIRED)
    return tuple(Line(task=SMDREAL, text=text, dated=False) for text in banner)


def _abbreviates(word: str, rule: tuple[str, int]) -> bool:
    full, least = rule
    return len(word) >= least and full.startswith(word.lower())


def _show_tasks(exchange: Exchange) -> tuple[Said, ...]:
    rows = [
        ("Database Server", "Perform console commands"),
        ("Database Server", "Listen for connect requests on TCPIP"),
        ("Admin Process", "Idle"),
        ("Agent Manager", "Executive '1': Idle"),
        ("Router", "Dispatch: Idle"),
        ("Replicator", "Idle"),
        ("SMDmon", "LAB: watches SMDreal"),
    ]
    if exchange.state.smdreal_running:
        rows.insert(exchange.rng.randrange(2, len(rows) + 1), (exchange.server.smdreal_name, "LAB: idle"))
    table = ["       Task                 Description", ""]
    table += [f"  {name:<21}{description}" for name, description in rows]
    return (exchange.say(*(Line(task="Server", text=text, dated=False) for text in table)),)


def _show_server(exchange: Exchange) -> tuple[Said, ...]:
    server, directory = exchange.server, exchange.data_directory
    now = format_date(server, exchange.now)
    answer = (
        f"Lotus Domino (r) Server (Release 8.5 for LAB/{server.platform}) {now}",
        "",
        f"Server name:            {server.name}/Lab",
        f"Server directory:       {directory}",
        f"Partition:              {directory.replace('/', '.')}",
        "Elapsed time:           12 days 03:22:51",
        "Pending mail: 0",
    )
    return (exchange.say(*(Line(task="Server", text=text, dated=False) for text in answer)),)


def _tell(exchange: Exchange) -> tuple[Said, ...]:
    task, text = (*exchange.words[1:2], "")[0], " ".join(exchange.words[2:])
    if task.lower() != SMDREAL or not exchange.state.smdreal_running:
        return (exchange.say(Line(task="Console", text=texts.NOT_RUNNING.format(task=task))),)
    if text.lower() == "checkac":
        return _update_licence(exchange, running_after_failure=True)
    if text.lower() in {"quit", "exit"}:
        stopped = replace(exchange.state, smdreal_running=False)
        return (exchange.say(Line(task=SMDREAL, text=texts.QUIT), state=stopped),)
    return (exchange.say(Line(task=SMDREAL, text=texts.NO_SUCH_TELL.format(task=task, text=text))),)


def _load(exchange: Exchange) -> tuple[Said, ...]:
    task = (*exchange.words[1:2], "")[0]
    if task.lower() != SMDREAL:
        return (exchange.say(Line(task="Console", text=texts.NO_SUCH_PROGRAM.format(task=task))),)
    if exchange.state.smdreal_running:
        return (exchange.say(Line(task="Console", text=texts.ALREADY_RUNNING.format(task=task))),)
    banner = exchange.say(*start_lines(exchange.state))
    return (banner, *_update_licence(exchange, running_after_failure=False))


def _update_licence(exchange: Exchange, *, running_after_failure: bool) -> tuple[Said, ...]:
    started = exchange.say(Line(task=SMDREAL, text=texts.UPDATE_STARTED))
    if exchange.state.renewed_on_portal:
        renewed = replace(exchange.state, licence="valid", smdreal_running=True)
        done = exchange.say(Line(task=SMDREAL, text=texts.UPDATE_SUCCESSFUL), state=renewed, slow=True)
    else:
        refused = replace(exchange.state, smdreal_running=running_after_failure)
        done = exchange.say(Line(task=SMDREAL, text=texts.UPDATE_FAILED), state=refused, slow=True)
    return started, done


def _among_others(exchange: Exchange, answer: Iterable[Said]) -> tuple[Said, ...]:
    """Other tasks write into the same log: before an answer's lines, amid them and after them."""
    rng = exchange.rng
    crowded = []
    for said in answer:
        lines = list(said.lines)
        for task, text in rng.sample(texts.CHATTER, rng.randrange(3)):
            lines.insert(rng.randrange(len(lines) + 1), Line(task=task, text=text))
        crowded.append(replace(said, lines=tuple(lines)))
    return tuple(crowded)
