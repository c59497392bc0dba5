"""Runs of playbooks on this machine, without SSH: to perform one, and to see what came of it."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_host import LocalHost

from remediate.engine.events import Counts, Event, HostEnded, PersonAsked, Recap, TaskEnded
from remediate.engine.options import RunOptions
from remediate.engine.run import Run
from remediate.errors import Unreachable
from remediate.facts.base import Output
from remediate.hosts.target import Become, Target
from remediate.inventory.load import load_inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.store.journal import Intent

OWN_PORT = 1024 + os.getpid() % 60000
"""Hosts are locked by name and port, and every test process has the same ones: nobody listens there."""

Hook = Callable[[Sequence[str]], None]


class TestHost(LocalHost):
    """A LocalHost that calls `before` with the scripts of each round trip, and may be unreachable or lie."""

    __test__ = False

    def __init__(
        self, name: str, *, shell: str = "dash", before: Hook | None = None, lies: bool = False
    ) -> None:
        super().__init__(shell, name=name)
        self.changing = False
        """Whether a change has been, or is about to be sent."""
        self.closed = 0
        self._before = before
        self._lies = lies

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        if self._before is not None:
            self._before(scripts)
        if self._lies and self.changing:
            # The first change is said to have been made, and was not.
            self._lies = False
            said = re.search(r"echo (\d+ \w+)\n\Z", scripts[0])
            done = Output(status=0, stdout=said[1].encode() if said else b"")
            return [done, *super().ask(scripts[1:], become=become, deadline=deadline)]
        return super().ask(scripts, become=become, deadline=deadline)

    def close(self) -> None:
        self.closed += 1


class Hosts:
    """Makes a TestHost for each target, and keeps them by name."""

    def __init__(self, **made: TestHost) -> None:
        self.made = dict(made)
        self.targets: dict[str, Target] = {}

    def host(self, target: Target) -> TestHost:
        self.targets[target.name] = target
        return self.made.setdefault(target.name, TestHost(target.name))

    def will_change(self, name: str) -> None:
        self.made[name].changing = True


def down(_scripts: Sequence[str]) -> None:
    """A hook: the host cannot be reached."""
    raise Unreachable("refused the connection", cure="start sshd")


@dataclass
class Notes:
    """A journal in memory; each line is a word and what it is about."""

    lines: list[tuple[str, Any]] = field(default_factory=list)
    closed: bool = False
    on_intent: Callable[[str], None] = lambda _host: None

    def intend(self, intents: Sequence[Intent]) -> list[int]:
        numbers = []
        for intent in intents:
            self.on_intent(intent.host)
            self.lines.append(("intend", (intent.host, intent.task, intent.change)))
            numbers.append(len(self.lines))
        return numbers

    def conclude(self, intent: int, outcome: str, host: str = "") -> None:
        self.lines.append(("conclude", (intent, outcome)))

    def through(self, host: str) -> None:
        """Nobody asks for it here."""

    def left(self, host: str) -> None:
        """Nobody asks for it here."""

    def close(self) -> None:
        self.closed = True


class Nobody:
    """No person is at the terminal; `says` is what one would type, line by line."""

    def __init__(self, *says: str) -> None:
        self.present = bool(says)
        self.invited: list[str] = []
        self._says = list(says)

    def read(self, invitation: str, stopped: Callable[[], bool]) -> str | None:
        self.invited.append(invitation)
        return self._says.pop(0) if self._says and not stopped() else None


@dataclass(kw_only=True)
class Ran:
    """What came of a run."""

    events: list[Event]
    recap: Recap
    hosts: Hosts
    journal: Notes

    @property
    def tasks(self) -> list[TaskEnded]:
        return [event for event in self.events if isinstance(event, TaskEnded)]

    def of(self, task: str, host: str | None = None) -> TaskEnded:
        """The one event of a task (on a host)."""
        found = [each for each in self.tasks if each.task == task and host in (None, each.host)]
        assert len(found) == 1, f"{len(found)} events of {task!r}: {[each.task for each in self.tasks]}"
        return found[0]

    def status(self, task: str, host: str | None = None) -> str:
        return self.of(task, host).status

    @property
    def asked(self) -> list[tuple[str, tuple[str, ...]]]:
        """What a person was asked, and for which hosts."""
        return [(each.prompt, each.hosts) for each in self.events if isinstance(each, PersonAsked)]

    def names(self, host: str | None = None) -> list[str]:
        return [each.task for each in self.tasks if host in (None, each.host)]

    def counts(self, host: str = "one") -> Counts:
        return self.recap.hosts[host]

    def outcomes(self) -> dict[str, str]:
        """How each host left its last play."""
        return {each.host: each.outcome for each in self.events if isinstance(each, HostEnded)}


def prepare_run(
    folder: Path,
    text: str,
    *,
    inventory: str = "one,",
    hosts: Hosts | None = None,
    extra: Mapping[str, Any] | None = None,
    watch: Callable[[Run, Event], None] | None = None,
    operator: Nobody | None = None,
    **options: Any,
) -> tuple[Run, Ran]:
    """A run of a playbook's text. `inventory` is a list with commas, or the text of a YAML inventory."""
    playbook = folder / "playbook.yaml"
    playbook.write_text(text)
    source = inventory
    if "\n" in inventory:
        (folder / "inventory.yaml").write_text(inventory)
        source = str(folder / "inventory.yaml")
    ran = Ran(
        events=[], recap=Recap(hosts={}, dry_run=False, seconds=0), hosts=hosts or Hosts(), journal=Notes()
    )
    ran.journal.on_intent = ran.hosts.will_change
    run: Run = Run(
        plays=load_playbook(playbook, Catalog().names()),
        inventory=load_inventory([source]),
        options=RunOptions(
            extra={"root": str(folder / "root"), "ansible_port": OWN_PORT, **(extra or {})}, **options
        ),
        hosts=ran.hosts,
        journal=ran.journal,
        operator=operator or Nobody(),
        observers=[ran.events.append, *([lambda event: watch(run, event)] if watch else [])],
    )
    return run, ran


def perform(folder: Path, text: str, **settings: Any) -> Ran:
    """Perform a playbook's text, see `prepare_run`; `{{ root }}` is an own directory for what it changes."""
    (folder / "root").mkdir(exist_ok=True)
    run, ran = prepare_run(folder, text, **settings)
    ran.recap = run.perform()
    return ran


def play(tasks: str, *, hosts: str = "all", more: str = "") -> str:
    """A playbook of one play with these tasks, which are written without indentation."""
    indented = "\n".join(f"    {line}" for line in tasks.strip("\n").split("\n"))
    return f"- name: a play\n  hosts: {hosts}\n{more}  tasks:\n{indented}\n"
