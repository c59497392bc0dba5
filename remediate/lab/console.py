"""The Domino console of one server: what a command says, how late, and what it changes.

`converse` is pure but for the random source it is handed. Command words may be shortened as on a real
console (`sh ta`, `sh se`, `tel smdreal checkac`, `lo SMDReal`) and are read without regard to case.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from remediate.lab import texts
from remediate.lab.exchange import Exchange, Said
from remediate.lab.loglines import Line, format_date
from remediate.lab.replicator import replicate
from remediate.lab.smdreal import SMDREAL, start, update_licence
from remediate.lab.smdupd import SMDUPD, update_components

_OTHER_TASKS = ("SMDmon", "SMDsch", "SMDdbs", "SMDcm")
"""ScanMail's other tasks that the lab can load."""


def converse(exchange: Exchange) -> tuple[Said, ...]:
    """The answer to one command, with other tasks' lines among it."""
    words = exchange.words
    answers: Sequence[tuple[tuple[tuple[str, int], ...], Callable[[Exchange], tuple[Said, ...]]]] = (
        ((("show", 2), ("tasks", 2)), _show_tasks),
        ((("show", 2), ("server", 2)), _show_server),
        ((("tell", 3),), _tell),
        ((("load", 2),), _load),
        ((("replicate", 3),), _replicate),
        ((("pull", 3),), _replicate),
        ((("push", 3),), _replicate),
    )
    for pattern, answer in answers:
        if len(words) >= len(pattern) and all(map(_abbreviates, words, pattern)):
            return _among_others(exchange, answer(exchange))
    line = Line(task="Console", text=texts.NO_SUCH_COMMAND.format(text=" ".join(words)))
    return _among_others(exchange, (exchange.say(line),))


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
    ]
    rows += [(task, "LAB: watches SMDreal") for task in exchange.state.tasks]
    if exchange.state.smdreal_running:
        rows.insert(exchange.rng.randrange(2, len(rows) + 1), (exchange.server.smdreal_name, "LAB: idle"))
    table = ["       Task                 Description", ""]
    table += [f"  {name:<21}{description}" for name, description in rows]
    return (exchange.say(*(Line(task="Server", text=text, dated=False) for text in table)),)


def _show_server(exchange: Exchange) -> tuple[Said, ...]:
    server, directory = exchange.server, exchange.data_directory
    now = format_date(server, exchange.now)
    release = server.site.domino_release if server.site else "8.5"
    answer = (
        f"Lotus Domino (r) Server (Release {release} for LAB/{server.platform}) {now}",
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
    state = exchange.state
    loaded = next((name for name in state.tasks if name.lower() == task.lower()), None)
    if task.lower() == SMDREAL and state.smdreal_running:
        loaded = SMDREAL
    if loaded is None:
        return (exchange.say(Line(task="Console", text=texts.NOT_RUNNING.format(task=task))),)
    if text.lower() in {"quit", "exit"}:
        if loaded == SMDREAL:
            stopped = replace(state, smdreal_running=False)
            return (exchange.say(Line(task=SMDREAL, text=texts.QUIT), state=stopped),)
        stopped = replace(state, tasks=tuple(name for name in state.tasks if name != loaded))
        return (exchange.say(Line(task=loaded, text=texts.TASK_QUIT.format(task=loaded)), state=stopped),)
    if loaded == SMDREAL and text.lower() == "checkac":
        return update_licence(exchange, running_after_failure=True)
    return (exchange.say(Line(task=loaded, text=texts.NO_SUCH_TELL.format(task=task, text=text))),)


def _load(exchange: Exchange) -> tuple[Said, ...]:
    task = (*exchange.words[1:2], "")[0]
    state, around = exchange.state, exchange.around
    known = next((name for name in (SMDREAL, SMDUPD, *_OTHER_TASKS) if name.lower() == task.lower()), None)
    if known is None or (around is None and known == SMDUPD):
        return (exchange.say(Line(task="Console", text=texts.NO_SUCH_PROGRAM.format(task=task))),)
    if known in state.tasks or (known == SMDREAL and state.smdreal_running):
        return (exchange.say(Line(task="Console", text=texts.ALREADY_RUNNING.format(task=task))),)
    if around is not None and around.half_installed:
        return (exchange.say(Line(task="Console", text=texts.HALF_INSTALLED.format(task=task))),)
    if known == SMDREAL:
        return start(exchange)
    if known == SMDUPD and around is not None:
        return update_components(exchange, around)
    loaded = replace(state, tasks=(*state.tasks, known))
    return (exchange.say(Line(task=known, text=texts.TASK_STARTED.format(task=known)), state=loaded),)


def _replicate(exchange: Exchange) -> tuple[Said, ...]:
    if exchange.around is None:
        text = texts.NO_SUCH_COMMAND.format(text=" ".join(exchange.words))
        return (exchange.say(Line(task="Console", text=text)),)
    return replicate(exchange, exchange.around)


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
