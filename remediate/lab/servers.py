"""What happens to the servers' files when a command is answered: state, documents, patterns, console log."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from remediate.lab.articleworld import write_loaded_tasks, write_pattern
from remediate.lab.documents import EXPIRES, PLATFORM, Documents, Store, licences, renewed, replicated
from remediate.lab.draw import ServerState
from remediate.lab.drawdocuments import RENEWED_UNTIL
from remediate.lab.exchange import AddPattern, Deed, Exchange, Renew, Replicate, Said
from remediate.lab.faults import spread_faults
from remediate.lab.loglines import render_lines
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.state import LabPlan, read_state, write_state
from remediate.lab.surroundings import look_around
from remediate.lab.texts import CHATTER
from remediate.lab.world import write_console_database


class Servers:
    """The servers of a lab, as its consoles see and change them."""

    def __init__(self, lab: LabPaths, plan: LabPlan) -> None:
        self._paths = {server.name: lab.of(server) for server in plan.servers}
        self._faults = spread_faults(plan.faults, plan.servers, plan.seed)

    def exchange(self, paths: ServerPaths, words: tuple[str, ...], rng: random.Random) -> Exchange:
        """A command that arrives now."""
        return Exchange(
            server=paths.server,
            state=read_state(paths),
            data_directory=str(paths.data),
            words=words,
            now=datetime.now().astimezone(),
            rng=rng,
            around=look_around(paths, neighbours=self._paths),
            failing_update=self._faults[paths.server.name].has("failing_update"),
        )

    @staticmethod
    def redirected(paths: ServerPaths, command: str) -> tuple[str, str]:
        """A command, and the file that its answer goes to: on Windows, inside the world, anew each time."""
        before, sign, file = command.partition(">")
        if not sign or paths.server.platform != "windows":
            return command, ""
        target = Path(file.strip()).resolve()
        if not target.is_relative_to(paths.world.resolve()):
            return before, ""
        with suppress(OSError):
            target.write_bytes(b"")
        return before, str(target)

    def is_silent(self, paths: ServerPaths) -> bool:
        """Whether the server's console answers nothing."""
        return self._faults[paths.server.name].has("silent_console")

    def lateness(self, paths: ServerPaths) -> float:
        """How many seconds every answer comes late."""
        return float(self._faults[paths.server.name].get("slow_host"))

    def say(self, paths: ServerPaths, said: Said) -> None:
        """Do what the answer does and keep the state before its lines: whoever reads them may look."""
        count = 0 if said.deed is None else self._perform(paths, said.deed)
        if said.state is not None:
            found, wanted = asdict(said.base or said.state), asdict(said.state)
            # A person or the replicator may have changed the rest meanwhile.
            changes = {name: value for name, value in wanted.items() if value != found[name]}
            change_state(paths, lambda now: replace(now, **changes))
        if said.lines:
            lines = [replace(line, text=line.text.replace("{changes}", str(count))) for line in said.lines]
            ahead = timedelta(days=self._faults[paths.server.name].get("clock_wrong"))
            if said.to:
                with Path(said.to).open("a", encoding="ascii", errors="replace") as file:
                    file.writelines(
                        f"{line.text}\n" for line in lines if (line.task, line.text) not in CHATTER
                    )
                return
            text = render_lines(paths.server, lines, datetime.now().astimezone() + ahead)
            with paths.console_log.open("ab", buffering=0) as log:
                log.write(text.encode(paths.server.log_encoding, "replace"))

    def _perform(self, paths: ServerPaths, deed: Deed) -> int:
        now = datetime.now().astimezone()
        match deed:
            case Renew():
                return edit_documents(paths, lambda mine: renewed(mine, RENEWED_UNTIL, now))
            case AddPattern(number):
                write_pattern(paths, number)
                return 1
            case Replicate(source, target):
                return self._replicate(self._paths[source], self._paths[target])

    @staticmethod
    def _replicate(source: ServerPaths, target: ServerPaths) -> int:
        theirs = Store(source.documents).read()
        changes = edit_documents(target, lambda mine: replicated(mine, theirs))
        mine = Store(target.documents).read()
        if holds_valid_licence(mine, target.server.platform):
            change_state(target, lambda state: replace(state, licence="valid"))
        return changes


def holds_valid_licence(documents: Documents, platform: str) -> bool:
    """Whether the one licence of a platform has been renewed."""
    own = [one for one in licences(documents) if one.fields[PLATFORM] == platform]
    return [one.fields[EXPIRES] for one in own] == [RENEWED_UNTIL]


def change_state(paths: ServerPaths, change: Callable[[ServerState], ServerState]) -> None:
    """Change a server's state, and what shows it in the server's world."""
    before = read_state(paths)
    after = change(before)
    if after == before:
        return
    write_state(paths, after)
    write_loaded_tasks(paths, after)
    if after.licence != before.licence:
        write_console_database(paths, after)


def edit_documents(paths: ServerPaths, change: Callable[[Documents], Documents]) -> int:
    """Change a server's documents, and what stands for them in its world; returns how many changed."""
    before, after = Store(paths.documents).edit(change)
    if after != before:
        write_console_database(paths, read_state(paths))
    return len(set(map(repr, after)) - set(map(repr, before)))
