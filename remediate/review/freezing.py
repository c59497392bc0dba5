"""What a dry run tells, kept as a plan keeps it: an observer of its events."""

from collections.abc import Callable

from remediate.effects.base import Effect, NoUndo
from remediate.effects.codec import digest
from remediate.engine.context import HIDDEN
from remediate.engine.events import Event, HostEnded, Recap, Seen, TaskEnded, Warned
from remediate.engine.keeping import NOT_KEPT
from remediate.errors import UnknownUntilApplied
from remediate.facts.files import FileText
from remediate.review.digests import effect_digest
from remediate.review.plan import PlannedEffect, PlannedHost, PlannedTask, SeenFact

_LONGEST = 200
"""Letters of an answer that are kept for a diff, unless it is a file's text."""


class Freezer:
    """Gathers the hosts of a plan while a dry run goes on."""

    def __init__(self, seal: Callable[[str], str], key: bytes, *, every_text: bool = False) -> None:
        """Begin with no hosts.

        Args:
            seal: takes the secrets out of a text.
            key: with which everything is summed that must be the same when the plan is applied.
            every_text: whether to keep what was answered also where nothing is to be changed.
        """
        self._every_text = every_text
        self._seal = seal
        self._key = key
        self._tasks: dict[str, list[PlannedTask]] = {}
        self._outcomes: dict[str, str] = {}
        self._warnings: list[str] = []

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
                self._warnings.append(self._seal(message))
            case Recap(hosts=hosts):
                for host in hosts:  # the play may have been stopped before some of them
                    self._tasks.setdefault(host, [])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the dry run warned of."""
        return tuple(self._warnings)

    def hosts(self) -> tuple[PlannedHost, ...]:
        """The hosts so far, in the order in which the first task of each ended."""
        return tuple(
            PlannedHost(name=name, outcome=self._outcomes.get(name, "stopped"), tasks=tuple(tasks))
            for name, tasks in self._tasks.items()
        )

    def _task(self, event: TaskEnded) -> PlannedTask:
        wanted = (bool(event.orders) or self._every_text) and not event.no_log
        return PlannedTask(
            step=event.step,
            play=self._seal(event.play),
            task=self._seal(event.task),
            module=event.module,
            place=event.place,
            status=event.status,
            certainty=event.certainty,
            message=self._seal(event.message),
            asks_person=event.asks_person,
            effects=tuple(self._effect(effect, event) for effect in event.orders),
            undecided=event.undecided,
            facts=tuple(self._fact(seen, with_text=wanted) for seen in event.seen),
        )

    def _effect(self, effect: Effect, event: TaskEnded) -> PlannedEffect:
        return PlannedEffect(
            summary=HIDDEN if event.no_log else self._seal(effect.summary()),
            diff=HIDDEN + "\n" if event.no_log else self._seal(effect.diff()),
            digest=effect_digest(effect, self._key),
            no_undo=NOT_KEPT.why if event.no_log else self._seal(why_no_undo(effect)),
        )

    def _fact(self, seen: Seen, *, with_text: bool) -> SeenFact:
        lasting = seen.answer if isinstance(seen.answer, str) else seen.fact.lasting(seen.answer)
        return SeenFact(
            about=self._seal(seen.fact.about()),
            question=digest(seen.fact, self._key),
            user=seen.user,
            digest="" if lasting is None else digest(lasting, self._key),
            text=self._seal(_text(seen)) if with_text else None,
        )


def why_no_undo(effect: Effect) -> str:
    """Why an effect cannot be taken back; empty if it can, or if only the apply will tell."""
    try:
        undo = effect.undo()
    except UnknownUntilApplied:
        return ""
    return undo.why if isinstance(undo, NoUndo) else ""


def _text(seen: Seen) -> str:
    """An answer for people."""
    if isinstance(seen.answer, FileText) and seen.answer.content is not None:
        return seen.answer.content
    text = repr(seen.answer)
    # Counted rather than cut: a half of a secret would not be known as one.
    return text if len(text) <= _LONGEST else f"{len(text)} letters"
