"""The road of a play: which tasks surely come next, and what they will do, told without asking the host."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from remediate.answers import Unknown
from remediate.engine.context import Context
from remediate.engine.convoy import Uncertain
from remediate.engine.registering import remember
from remediate.engine.task import perform_all
from remediate.errors import RemediateError, UnknownUntilApplied
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Block, Task
from remediate.records import dataclass

_FAR = 25
"""Tasks that are looked at in vain, one after another: then it is not worth to look further."""


@dataclass(frozen=True, kw_only=True)
class Straight:
    """A task whose turn it is, and those behind it up to where a failure would lead elsewhere."""

    tasks: Sequence[Task | Block]
    at: int
    beyond: "Straight | None" = None
    """Where the block lies in which these are; None if there is none, or a failure in it is rescued."""

    def leads_on(self) -> bool:
        """See `remediate.engine.convoy.Road`."""
        task, module = self.tasks[self.at], Catalog().module
        if isinstance(task, Task) and task.loop is not None:
            return True
        with suppress(Uncertain):
            return any(module(each.module).may_change(each.params) for each in self._behind())
        return False

    def rehearse(self, ahead: Context, item: int) -> None:
        """See `remediate.engine.convoy.Road`."""
        task = self.tasks[self.at]
        assert isinstance(task, Task)  # noqa: S101 - no block has a turn of its own
        try:
            if task.register is not None:
                ahead.memory.facts[task.register] = Unknown(f"task '{task.name}'")
            if task.loop is not None:
                _rehearse(task, ahead, first=item + 1)
            in_vain = 0
            for each in self._behind():
                decided = len(ahead.rehearsal or ())
                _rehearse(each, ahead)
                in_vain = 0 if len(ahead.rehearsal or ()) > decided else in_vain + 1
                if in_vain > _FAR:
                    return
        except (Uncertain, UnknownUntilApplied, RemediateError):
            return

    def _behind(self) -> Iterator[Task]:
        yield from _entered(self.tasks[self.at + 1 :])
        if self.beyond is not None:
            yield from self.beyond._behind()


def _entered(tasks: Sequence[Task | Block]) -> Iterator[Task]:
    """The tasks, those in blocks as well.

    Raises:
        Uncertain: there is a block that leads elsewhere if it fails.
    """
    for each in tasks:
        if isinstance(each, Task):
            yield each
        elif each.rescue or each.always:
            raise Uncertain
        else:
            yield from _entered(each.tasks)


def _rehearse(task: Task, ahead: Context, *, first: int = 0) -> None:
    """Do all of a task but what would be sent.

    Raises:
        Uncertain, UnknownUntilApplied, RemediateError: what comes of it cannot be told, or it fails.
    """
    host, step = ahead.memory.name, ahead.setting.step_of(task)
    if (host, step) in ahead.past.ended or ahead.past.has_begun(host, step):
        raise Uncertain
    ahead.memory.state.consulted()  # what those before it have looked at and shown is theirs
    ahead.setting.templar.shown()
    scope = ahead.setting.scope(ahead.memory, task.variables)
    outcome = perform_all(task, ahead, scope, None, first=first)
    if outcome.status in ("failed", "unknown") or outcome.certainty != "known":
        raise Uncertain
    if first:
        return  # its result is that of all items
    remember(task, ahead, outcome)
