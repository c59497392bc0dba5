"""A run: plays one after another, each on batches of hosts, the hosts of a batch side by side."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from typing import Protocol

from remediate.controller import THIS_MACHINE, Controller
from remediate.derived import Derived
from remediate.engine.agenda import NO_AGENDA, Agenda
from remediate.engine.connecting import overruled_key, targets_for
from remediate.engine.context import Context, Stop
from remediate.engine.events import Event, HostEnded, PersonAsked, PlayStarted, Recap, TaskEnded, Warned
from remediate.engine.leaving import Leaving
from remediate.engine.leaving_out import leave_out
from remediate.engine.limits import Limit, none_left
from remediate.engine.locking import GoingOn, HostLock, not_known
from remediate.engine.memory import Memory
from remediate.engine.options import RunOptions, selections_of
from remediate.engine.past import NO_PAST, Past
from remediate.engine.places import LendingHost, Places
from remediate.engine.prompts import Operator, Prompts, Question, Verdict
from remediate.engine.selection import Selection, batches, may_change, pruned, unused_tags
from remediate.engine.state import HostState
from remediate.engine.told import Told
from remediate.engine.variables import Setting
from remediate.engine.walk import walk_play
from remediate.engine.warrant import ANYTHING, Warrant
from remediate.hosts.host import Host
from remediate.hosts.lock import claims_of, lock_name
from remediate.hosts.spool import Spool
from remediate.hosts.target import Target
from remediate.inventory.model import Inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Play
from remediate.records import dataclass
from remediate.store.journal import Journal
from remediate.templating.templar import Templar

Observer = Callable[[Event], None]
Walk = Callable[[Context], Iterator[Event]]
"""One host's way through one play."""


class HostSource(Protocol):
    """Where hosts come from: SSH in a run, something quicker in a test."""

    def host(self, target: Target) -> Host:
        """A host, not connected yet."""


@dataclass(kw_only=True)
class Run:
    """One run of some plays. `stop.ask()` ends it after the effects under way."""

    plays: Sequence[Play]
    inventory: Inventory
    options: RunOptions
    hosts: HostSource
    journal: Journal
    operator: Operator
    observers: Sequence[Observer]
    controller: Controller = THIS_MACHINE
    warrant: Warrant = ANYTHING
    past: Past = NO_PAST
    agenda: Agenda = NO_AGENDA
    walk: Walk = walk_play
    """What is done with each host of a batch."""
    identity: str | None = None
    """The name under which hosts are locked and commands claimed; None: nothing is."""
    going_on: GoingOn = not_known
    derived: Derived = field(default_factory=Derived)
    """The secrets, and what templates make of them."""
    stop: Stop = field(default_factory=Stop)
    _memories: dict[str, Memory] = field(default_factory=dict)
    _interrupted: bool = False
    _exposed: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _places: Places = field(init=False)

    def __post_init__(self) -> None:
        self._places = Places(self.options.forks)

    def perform(self) -> Recap:
        """Run all plays.

        Raises:
            Mistakes: see `selections_of`, or the variables of a host cannot be used; nothing was contacted.
        """
        started = time.monotonic()
        selections = selections_of(self.plays, self.inventory, self.options)
        targets = self._targets(selections)
        works = not self.options.dry_run and self.identity is not None and self._may_change()
        for name, target in targets.items():
            state = self._state(target, works=works)
            self._memories[name] = Memory(name=name, target=target, state=state)
        for unused in unused_tags(self.plays, self.options.skip_tags, "--skip-tags"):
            self._tell(Warned(message=str(unused)))
        overruled = overruled_key(targets, self.options.extra, self.options.connection)
        if overruled is not None:
            self._tell(Warned(message=overruled))
        leaving, whole = Leaving(self.journal, self.past.left), False
        try:
            for number, (play, names) in enumerate(selections):
                if not names:
                    self._tell(Warned(message=f"play '{play.name}': no hosts matched"))
                still = {name for _, later in selections[number + 1 :] for name in later}
                if not self._perform_play(number, play, names, still, leaving):
                    break
            whole = True
        finally:
            for memory in self._memories.values():
                if (problem := leaving.leave(memory, lambda: whole)) is not None:
                    self._tell(problem)
        recap = Recap(
            hosts={name: memory.recap() for name, memory in self._memories.items()},
            dry_run=self.options.dry_run,
            seconds=time.monotonic() - started,
            interrupted=self._interrupted,
        )
        self._tell(recap)
        return recap

    def _perform_play(
        self, number: int, play: Play, names: tuple[str, ...], still: set[str], leaving: Leaving
    ) -> bool:
        """Run one play batch by batch; whether to go on with the next one."""
        alive = [name for name in names if self._memories[name].ended is None]
        chosen = pruned(play, self.options.tags, self.options.skip_tags)
        parts = batches(alive, play.serial)
        facts = {name: dict(memory.facts) for name, memory in self._memories.items()}
        for count, batch in enumerate(parts, 1):
            setting = Setting(
                inventory=self.inventory.seen_from(play.directory),
                templar=Templar(basedir=play.directory, controller=self.controller, derived=self.derived),
                controller=self.controller,
                derived=self.derived,
                number=number,
                extra=self.options.extra,
                play=chosen,
                play_hosts=tuple(alive),
                batch=batch,
                dry_run=self.options.dry_run,
                diff=self.options.diff,
                every_check=self.options.every_check,
                facts_of=facts,
            )
            self._tell(
                PlayStarted(
                    play=play.name,
                    hosts=batch,
                    batch=count,
                    batches=len(parts),
                    dry_run=self.options.dry_run,
                )
            )
            self._perform_batch(setting, still, leaving)
            rest = {*(name for later in parts[count:] for name in later), *still}
            if any(self._memories[name].ended is None for name in rest):
                done = [self._memories[name] for name in batch]
                self._stop_over(none_left(play, len(names), done))
            if self.stop.asked:
                self._mark_stopped(rest)
                return False
        return True

    def _perform_batch(self, setting: Setting, still: set[str], leaving: Leaving) -> None:
        """Run one batch, the hosts side by side, and pass on what they tell, in this thread."""
        told, limit = Told(), Limit(setting.play, len(setting.batch))
        apart = self.past.apart if setting.play.tasks else {}  # of nothing, nobody is left out
        going = [name for name in setting.batch if name not in apart]
        workers = max(1, min(self.options.forks, len(going)))
        prompts = Prompts(told.put, hosts=len(going), workers=workers)
        for name in setting.batch:  # it is known before the others begin
            if name in apart:
                for each in leave_out(apart[name], self._context(setting, name, prompts)):
                    self._hear(each, limit)

        def work(name: str) -> None:
            prompts.begin()
            try:
                try:
                    for event in self._walk(setting, name, prompts, told.put if self.options.live else None):
                        told.put(event)
                finally:
                    prompts.end()
                if name not in still:
                    memory = self._memories[name]
                    with self._places.given_up():
                        problem = leaving.leave(memory, lambda: leaving.all_heard(told.put))
                    if problem is not None:
                        told.put(problem)
                    memory.release(last=not still)
            except BaseException as error:
                told.put(error)
            told.through()

        with self._places.filled(going, work, told.put):
            try:
                for event in told.heard(len(going)):
                    if isinstance(event, Question):
                        prompts.answer(event, self._ask(setting, event))
                    else:
                        self._hear(event, limit)
            except BaseException:
                leaving.give_up()
                self.stop.ask("an internal error")  # let the other hosts end before it is told
                prompts.close()
                raise

    def _hear(self, event: Event, limit: Limit) -> None:
        """Pass on what a host tells, and stop the play if too many have failed."""
        self._tell(event)
        if isinstance(event, TaskEnded) and event.exposes:
            self._warn_of(event)
        if isinstance(event, HostEnded):
            self._stop_over(limit.passed(event))

    def _warn_of(self, event: TaskEnded) -> None:
        """Say once of a task that it may show a piece of a secret."""
        if (event.place, event.exposes) not in self._exposed:
            self._exposed.add((event.place, event.exposes))
            what = f"{event.place}: a piece of {', '.join(event.exposes)} that is too short to be masked"
            self._tell(Warned(message=f"{what} may be shown by task '{event.task}'; no_log: true hides it"))

    def _ask(self, setting: Setting, question: Question) -> Verdict:
        """Show a question after all that was told before it, and wait for the person."""
        if not self.operator.present:
            return "nobody"
        if not self.stop.asked:
            hosts = tuple(question.hosts)
            self._tell(PersonAsked(play=setting.play.name, hosts=hosts, prompt=question.prompt))
        return question.ask(self.operator, lambda: self.stop.asked)

    def _walk(
        self, setting: Setting, name: str, prompts: Prompts, tell: Callable[[Event], None] | None
    ) -> Iterator[Event]:
        if self.stop.asked:
            self._memories[name].ended = "stopped"
            yield HostEnded(play=setting.play.name, host=name, outcome="stopped")
            return
        yield from self.walk(self._context(setting, name, prompts, tell))

    def _context(
        self, setting: Setting, name: str, prompts: Prompts, tell: Callable[[Event], None] | None = None
    ) -> Context:
        return Context(
            setting=setting,
            memory=self._memories[name],
            catalog=Catalog(),
            journal=self.journal,
            prompts=prompts,
            stop=self.stop,
            warrant=self.warrant,
            past=self.past,
            agenda=self.agenda,
            tell=tell,
            waiting=self._places.waiting,
        )

    def _may_change(self) -> bool:
        """Whether anything can come of it but answers: to look at a host needs no lock and leaves nothing."""
        return self.walk is not walk_play or may_change(self.plays)

    def _state(self, target: Target, *, works: bool) -> HostState:
        host = LendingHost(self.hosts.host(target), self._places)
        if not works or self.identity is None:
            return HostState(host=host, dry_run=self.options.dry_run)
        claims = claims_of(self.identity, lock_name(target.name, target.port))
        return HostState(
            host=host,
            dry_run=False,
            spool=Spool(run=claims, directory=target.remote_tmp),
            lock=HostLock(target.name, target.port, self.identity, self.going_on),
            left_behind=target.name in self.past.held,
            claimants=dict.fromkeys(self.past.held.get(target.name, ())),
        )

    def interrupt(self) -> None:
        """End after the effects under way; safe to call from a signal handler."""
        self._interrupted = True
        self.stop.ask("interrupted")

    @property
    def interrupted(self) -> bool:
        """Whether a person has asked for the end, and not a play's own limit."""
        return self._interrupted

    def _stop_over(self, why: str) -> None:
        """End the run after the effects under way, and say why; unless there is no reason."""
        if why and not self.options.every_check and not self.stop.asked:
            self.stop.ask(why)
            self._tell(Warned(message=why))

    def _mark_stopped(self, names: Iterable[str]) -> None:
        for name in names:
            if self._memories[name].ended is None:
                self._memories[name].ended = "stopped"

    def _targets(self, selections: Sequence[Selection]) -> dict[str, Target]:
        names = dict.fromkeys(name for _, names in selections for name in names)
        hosts = [self.inventory.hosts[name] for name in names]
        return targets_for(hosts, self.options.extra, self.options.connection)

    def _tell(self, event: Event) -> None:
        for observer in self.observers:
            observer(event)
