"""Taking back what a run has done on a host: in reverse, each change only where all is as the run left it."""

import difflib
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remediate.effects.base import Effect, Guard, Undo
from remediate.engine.asking import agrees
from remediate.engine.context import Address, Context
from remediate.engine.events import Event, HostEnded, Status, TaskEnded
from remediate.engine.state import View
from remediate.errors import Drifted, Place, RemediateError, UnknownUntilApplied, Unreachable
from remediate.facts.files import FileText
from remediate.hosts.target import Become
from remediate.playbook.model import Task

_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change of a run, and what takes it back. `number` is its place in the records of that run."""

    number: int
    task: str
    change: str
    become: Become | None
    undo: Undo


def walk_undo(context: Context, steps: Sequence[Step], run: str) -> Generator[Event, None, None]:
    """Take back the changes of one host, the last one first; the first that is refused ends it."""
    memory = context.memory
    for number, step in enumerate(reversed(steps)):
        if context.stop.asked:
            memory.ended = "stopped"
            break
        event = _take_back(context, step, number, run)
        memory.count(event)
        yield event
        if event.status == "failed":
            memory.ended = "failed"
        elif event.status == "unreachable":
            memory.ended = "unreachable"
        if memory.ended is not None:
            break
    play = context.setting.play.name
    yield HostEnded(play=play, host=memory.name, outcome=memory.ended or "done")


def _take_back(context: Context, step: Step, number: int, run: str) -> TaskEnded:
    started = time.monotonic()
    task = Task(name=f"take back: {step.task}", module="undo", place=Place(run))
    done: list[Effect] = []
    status: Status = "ok"
    message = ""
    view = View(context.memory.state, step.become)
    try:
        for guard in step.undo.guards:
            _hold(view, guard, step)
        for count, effect in enumerate(step.undo.effects):
            done.append(effect)
            if context.setting.dry_run:
                context.foresee(effect, task)
            else:
                address = Address((0, number), 0, 1, count)
                context.carry_out(effect, step.become, task, address, undoes=step.number)
        status = "changed" if any(effect.changes for effect in done) else "ok"
    except UnknownUntilApplied as error:
        status, message = "unknown", f"unknown until applied: {error.why}"
    except Unreachable as error:
        status, message = "unreachable", error.explain()
    except RemediateError as error:
        status, message = "failed", error.explain()
    return TaskEnded(
        step=(0, number),
        play=context.setting.play.name,
        task=task.name,
        place=run,
        module=task.module,
        host=context.memory.name,
        status=status,
        certainty="unknown" if status == "unknown" else "known",
        diff="".join(effect.diff() for effect in done),
        effects=tuple(effect.summary() for effect in done),
        seconds=time.monotonic() - started,
        message=message,
        orders=tuple(done),
    )


def _hold(view: View, guard: Guard, step: Step) -> None:
    """See that something is as the run left it; in a dry run, with what was foreseen to be taken back before.

    Raises:
        Drifted: it is not, with a diff.
    """
    if not view.state.dry_run:
        view.state.forget([guard.fact], view.become)
    found = view.of(guard.fact)
    if not agrees(guard.answer, found):
        raise Drifted(
            f"not taken back: {step.change}: {guard.what} is not as the run left it:\n"
            + _difference(guard.answer, found),
            cure="look who changed it, and decide by hand",
        )


def _difference(left: Any, found: Any) -> str:
    texts = [each.content if isinstance(each, FileText) else None for each in (left, found)]
    if None in texts:
        texts = [_shown(left), _shown(found)]
    before, after = ((text or "").split("\n") for text in texts)
    return "\n".join(difflib.unified_diff(before, after, "as the run left it", "now", n=1, lineterm=""))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{len(text)} letters"


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """The walk of an undo: the steps of each host. `run` names the run that is taken back."""

    steps: Mapping[str, Sequence[Step]]
    run: str

    def __call__(self, context: Context) -> Generator[Event, None, None]:
        """The walk of one host."""
        return walk_undo(context, self.steps[context.memory.name], self.run)
