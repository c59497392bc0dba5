"""A change of a host, which is this machine: planned, carried out under its plan, taken back."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journals import journal_in
from playbooks_at_random import Found, grow, playbook
from runs import Hook, Hosts, Ran, TestHost, prepare_run

from remediate.engine.context import Context
from remediate.engine.events import Event, TaskEnded
from remediate.engine.state import HostState
from remediate.engine.undoing import UndoWalk
from remediate.engine.walk import walk_play
from remediate.errors import Place
from remediate.playbook.model import Play
from remediate.review.digests import is_planned
from remediate.review.freezing import Freezer
from remediate.review.holding import Held
from remediate.review.plan import Content, Plan, PlannedHost, PlannedTask
from remediate.review.undoing import Undoing, undoing_of
from remediate.sealing import Opener
from remediate.store.history import open_history
from remediate.store.journal import Intent, Journal, NoJournal

KEY = b"k" * 32


@dataclass(kw_only=True)
class Dry:
    """A dry run as a plan keeps it."""

    planned: PlannedHost
    ran: Ran

    @property
    def certain(self) -> bool:
        """Whether nothing in it is in doubt."""
        return all(task.certainty == "known" for task in self.planned.tasks)


@dataclass(kw_only=True)
class Wet:
    """What was done."""

    ran: Ran
    number: int
    """Of the run, in the store."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A folder with a host, `one`, and a playbook for it."""

    folder: Path
    text: str
    shell: str = "dash"

    @property
    def root(self) -> Path:
        """What is the host's."""
        return self.folder / "root"

    def plan(self, in_the_end: Callable[[HostState], None] | None = None) -> Dry:
        """A dry run, frozen; what it knows and foresees is let go after `in_the_end` has seen it."""
        run, ran = prepare_run(self.folder, self.text, hosts=self._hosts(), dry_run=True)
        freezer = Freezer(KEY)

        def walk(context: Context) -> Iterator[Event]:
            yield from walk_play(context)
            if in_the_end is not None:
                in_the_end(context.memory.state)

        run.walk, run.observers = walk, [*run.observers, freezer]
        ran.recap = run.perform()
        (planned,) = freezer.hosts(str)
        return Dry(planned=planned, ran=ran)

    def apply(self, planned: PlannedHost, before: Hook | None = None) -> Wet:
        """Do it, held to its plan; `before` is called before each round trip."""
        run, ran = prepare_run(self.folder, self.text, hosts=self._hosts(before))
        run.warrant = Held(plan_of(planned), KEY)
        run.journal = journal = journal_in(self.folder / "state")
        ran.recap = run.perform()
        journal.close()
        return Wet(ran=ran, number=journal.run)

    def undoing(self, number: int) -> Undoing:
        """What of a run can be taken back."""
        with open_history(self.folder / "state") as history:
            undos = [history.records(each.number) for each in history.undos(number)]
            opener = Opener([], b"k" * 32, "nonce")
            return undoing_of(history.run(number), history.records(number), undos, opener)

    def take_back_until(self, number: int, words: int) -> bool:
        """Take a run back with a controller that is killed over so many of its words to the journal.

        Gives whether it came to its end before.
        """
        undoing = self.undoing(number)
        journal = journal_in(self.folder / "state", head={"undoes": number})
        try:
            self.take_back(undoing, journal=Mortal(journal, words))
        except KilledError:
            return False
        finally:
            journal.close()
        return True

    def take_back(self, undoing: Undoing, *, dry_run: bool = False, journal: Journal | None = None) -> Ran:
        """Take back what can be taken back."""
        run, ran = prepare_run(self.folder, self.text, hosts=self._hosts(), dry_run=dry_run)
        run.plays = [Play(name="undo", hosts="one", place=Place("undo"), directory=Path())]
        run.walk = UndoWalk(changes=undoing.changes, run="the run")
        run.journal = journal or run.journal
        ran.recap = run.perform()
        return ran

    def _hosts(self, before: Hook | None = None) -> Hosts:
        return Hosts(one=TestHost("one", shell=self.shell, before=before))


class KilledError(BaseException):
    """The end of a controller."""


class Mortal(NoJournal):
    """A journal whose controller is killed after so many changes that it has announced or concluded."""

    def __init__(self, journal: Journal, words: int) -> None:
        self._journal = journal
        self._words = words

    def intend(self, intents: Sequence[Intent]) -> list[int]:
        """It is on the disk, and killed before it is sent."""
        numbers = self._journal.intend(intents)
        self._live()
        return numbers

    def conclude(self, intent: int, outcome: str) -> None:
        """It was sent, and killed before that is on the disk."""
        self._live()
        self._journal.conclude(intent, outcome)

    def _live(self) -> None:
        if not self._words:
            raise KilledError
        self._words -= 1


@contextmanager
def site(tasks: list[Any], found: Mapping[str, Found], shell: str) -> Iterator[Site]:
    """A new folder with this host and a playbook of these tasks."""
    folder = Path(tempfile.mkdtemp())
    try:
        grow(folder, found)
        yield Site(folder=folder, text=playbook(tasks), shell=shell)
    finally:
        shutil.rmtree(folder)


def plan_of(planned: PlannedHost) -> Plan:
    """A plan of one host."""
    return Plan(
        tool="remediate",
        made="",
        planner="somebody@here",
        inventories=(),
        nonce="nonce",
        content=Content(playbooks=(), files={}),
        hosts=(planned,),
    )


def is_shown(event: TaskEnded, task: PlannedTask | None) -> bool:
    """Whether all that a task did is in its plan: each change once, or the plan says that it cannot tell."""
    if task is not None and task.undecided:
        return True
    left = [each.digest for each in task.effects] if task is not None else []
    for effect in event.orders:
        found = next((each for each in left if is_planned(each, effect, KEY)), None)
        if found is None:
            return False
        left.remove(found)
    return True
