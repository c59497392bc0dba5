"""What a dry run tells, kept as a plan keeps it: an observer of its events."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_not
from typing import Any, TypeVar

from remediate.effects.base import Effect, NoUndo
from remediate.effects.codec import digest
from remediate.engine.events import Event, HostEnded, Recap, Seen, TaskEnded, Warned
from remediate.engine.keeping import HIDDEN_WHY
from remediate.engine.order import HIDDEN
from remediate.errors import UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.facts.words import shown
from remediate.review.digests import effect_digest
from remediate.review.plan import PlannedEffect, PlannedHost, PlannedTask, SeenFact

Seal = Callable[[str], str]
_Kind = TypeVar("_Kind", PlannedTask, PlannedEffect, SeenFact)


class Freezer:
    """Gathers the hosts of a plan while a dry run goes on."""

    def __init__(self, key: bytes, *, every_text: bool = False) -> None:
        """Begin with no hosts.

        Args:
            key: with which everything is summed that must be the same when the plan is applied.
            every_text: whether to keep what was answered also where nothing is to be changed.
        """
        self._every_text = every_text
        self._key = key
        self._tasks: dict[str, list[PlannedTask]] = {}
        self._outcomes: dict[str, str] = {}
        self._warnings: list[str] = []
        self._questions: dict[Fact[Any], str] = {}
        """Their sums: many hosts are asked the same."""
        self._texts: dict[str, str] = {}
        """Answers, each once: many hosts have the same."""

    def __call__(self, event: Event) -> None:
        """Keep what belongs in a plan."""
        match event:
            case TaskEnded():
                self._tasks.setdefault(event.host, []).append(self._task(event))
            case HostEnded(host=host, outcome=outcome):
                self._tasks.setdefault(host, [])
                if self._outcomes.get(host, "done") == "done":
                    self._outcomes[host] = outcome
            case Warned(message=message):
                self._warnings.append(message)
            case Recap(hosts=hosts):
                for host in hosts:  # the play may have been stopped before some of them
                    self._tasks.setdefault(host, [])

    def warnings(self, seal: Seal) -> tuple[str, ...]:
        """What the dry run warned of."""
        return tuple(seal(warning) for warning in self._warnings)

    def hosts(self, seal: Seal) -> tuple[PlannedHost, ...]:
        """The hosts, in the order in which the first task of each ended.

        `seal` takes the secrets out of a text: all of them, which are known once all templates are rendered.
        """
        return tuple(
            PlannedHost(
                name=name,
                outcome=self._outcomes.get(name, "stopped"),
                tasks=tuple(_sealed(task, seal) for task in tasks),
            )
            for name, tasks in self._tasks.items()
        )

    def _task(self, event: TaskEnded) -> PlannedTask:
        wanted = (bool(event.orders) or self._every_text) and not event.no_log
        return PlannedTask(
            step=event.step,
            play=event.play,
            task=event.task,
            module=event.module,
            place=event.place,
            status=event.status,
            certainty=event.certainty,
            message=event.message,
            asks_person=event.asks_person,
            effects=tuple(self._effect(effect, event) for effect in event.orders),
            undecided=event.undecided,
            facts=tuple(self._fact(seen, with_text=wanted) for seen in event.seen),
        )

    def _effect(self, effect: Effect, event: TaskEnded) -> PlannedEffect:
        why = why_no_undo(effect)
        return PlannedEffect(
            summary=HIDDEN if event.no_log else effect.summary(),
            diff=HIDDEN + "\n" if event.no_log else effect.diff(),
            digest=effect_digest(effect, self._key),
            no_undo=HIDDEN_WHY if why and event.no_log else why,
        )

    def _fact(self, seen: Seen, *, with_text: bool) -> SeenFact:
        question = self._questions.get(seen.fact)
        if question is None:
            question = self._questions[seen.fact] = digest(seen.fact, self._key)
        lasting = seen.answer if isinstance(seen.answer, str) else seen.fact.lasting(seen.answer)
        return SeenFact(
            about=seen.fact.about(),
            question=question,
            user=seen.user,
            digest="" if lasting is None else digest(lasting, self._key),
            text=self._texts.setdefault(text := shown(seen.answer), text) if with_text else None,
        )


def _sealed(task: PlannedTask, seal: Seal) -> PlannedTask:
    """The task with its texts sealed; the same one if no secret is in them, as in nearly all."""
    effects = tuple(_texts_sealed(each, ("summary", "diff", "no_undo"), seal) for each in task.effects)
    facts = tuple(_texts_sealed(each, ("about", "text"), seal) for each in task.facts)
    if any(map(is_not, (*effects, *facts), (*task.effects, *task.facts))):
        task = replace(task, effects=effects, facts=facts)
    return _texts_sealed(task, ("play", "task", "message"), seal)


def _texts_sealed(value: _Kind, names: Sequence[str], seal: Seal) -> _Kind:
    sealed: dict[str, Any] = {}
    for name in names:
        text = getattr(value, name)
        if text and (now := seal(text)) != text:
            sealed[name] = now
    return replace(value, **sealed) if sealed else value


def why_no_undo(effect: Effect) -> str:
    """Why an effect cannot be taken back; empty if it can, or if only the apply will tell."""
    try:
        undo = effect.undo()
    except UnknownUntilApplied:
        return ""
    return undo.why if isinstance(undo, NoUndo) else ""
