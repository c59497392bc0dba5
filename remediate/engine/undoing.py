"""Taking back what a run has done on a host: in reverse, each change only where all is as the run left it."""

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.effects.base import Effect, Guard
from remediate.effects.left import OPEN
from remediate.engine.asking import agrees
from remediate.engine.context import Context
from remediate.engine.doubt import Perhaps
from remediate.engine.events import Certainty, Event, HostEnded, Status, TaskEnded
from remediate.engine.keeping import IN_DOUBT, UNDO
from remediate.engine.order import HIDDEN, Address, Order
from remediate.engine.past import Change
from remediate.engine.view import View
from remediate.errors import Drifted, Place, RemediateError, TaskFailed, UnknownUntilApplied, Unreachable
from remediate.facts.files import PathStatus
from remediate.facts.words import difference, shown
from remediate.playbook.model import Task
from remediate.records import dataclass

_BACK, _AGAIN = "take back: ", "bring back: "
_LOOK = "look at the host, and take back by hand what is to be taken back"


def walk_undo(context: Context, changes: Sequence[Change], run: str) -> Generator[Event, None, None]:
    """Take back the changes of one host in a run made for that."""
    yield from take_back(context, changes, run)
    memory, play = context.memory, context.setting.play.name
    yield HostEnded(play=play, host=memory.name, outcome=memory.ended or "done")


def take_back(context: Context, changes: Sequence[Change], run: str) -> Generator[Event, None, None]:
    """Take back the changes of one host, the last one first; the first that is refused ends it.

    What is refused because it lies under a change that stays does not, nor what its task has failed over: the
    others have nothing to do with it.
    """
    memory = context.memory
    refused = False
    changes = _each_once(changes)
    for number, change in enumerate(reversed(changes)):
        if context.stop.asked:
            memory.ended = "stopped"
            return
        event = _take_back(context, change, number, run, before=changes[: len(changes) - number])
        memory.count(event)
        yield event
        if event.status == "failed" and (change.under or change.doubtful) and not event.orders:
            refused = True
        elif event.status in ("failed", "unreachable"):
            memory.ended = "failed" if event.status == "failed" else "unreachable"
            return
    if refused:
        memory.ended = "failed"


def _each_once(changes: Sequence[Change]) -> list[Change]:
    """The changes, each once: a command that was done before, and collected now, is told of twice.

    It was done when it was told of first; how its task judged it, is told last.
    """
    once: dict[str | int, Change] = {}
    for each in changes:
        first = once.setdefault(each.claim or each.number, each)
        once[each.claim or each.number] = replace(first, doubtful=each.doubtful)
    return [*once.values()]


def _take_back(
    context: Context, change: Change, number: int, run: str, *, before: Sequence[Change]
) -> TaskEnded:
    """One of them; `before` are those up to this one that are not taken back yet."""
    started = time.monotonic()
    task = Task(name=_in_reverse(change.task), module=UNDO, place=Place(run), no_log=change.no_log)
    done: list[Effect] = []
    status: Status = "ok"
    message = ""
    view = View(context.memory.state, change.become)
    try:
        if change.doubtful:
            raise TaskFailed(f"not taken back: {change.change}: {IN_DOUBT}", cure=_LOOK)
        if not (change.taken or change.taking) and _surely_not_made(view, change, before):
            message = f"it was not made: {change.change}"
        else:
            message = _carry_out(context, view, change, task, done)
        status = "changed" if any(effect.changes for effect in done) else "ok"
    except UnknownUntilApplied as error:
        if context.setting.dry_run:
            status, message = "unknown", f"unknown until applied: {error.why}"
        else:
            status, message = "failed", f"not taken back: {change.change}: not known: {error.why} ({_LOOK})"
    except Unreachable as error:
        status, message = "unreachable", error.explain()
    except RemediateError as error:
        status, message = "failed", error.explain()
    status, certainty, message = _as_sure(status, message, view)
    if status == "unknown":
        by = f"task '{task.name}'"
        for effect in change.undo.effects:  # what lies before it may be uncovered by then
            view.state.foresee(Perhaps(effect=effect, why=by), by, change.become)
    hidden = change.no_log and status != "unreachable"
    return TaskEnded(
        step=(0, number),
        play=context.setting.play.name,
        task=task.name,
        place=run,
        module=task.module,
        host=context.memory.name,
        status=status,
        certainty=certainty,
        diff=HIDDEN + "\n" if hidden and done else "".join(effect.diff() for effect in done),
        effects=tuple(HIDDEN if hidden else effect.summary() for effect in done),
        seconds=time.monotonic() - started,
        message=HIDDEN if hidden and message else message,
        no_log=change.no_log,
        orders=tuple(done),
    )


def _as_sure(status: Status, message: str, view: View) -> tuple[Status, Certainty, str]:
    """How it ended, and how sure that is: in a dry run a failure that may not come to be is none."""
    if status == "unknown":
        return status, "unknown", message
    if not view.provisional or status == "unreachable":
        return status, "known", message
    why = view.provisional[0]
    if status == "failed":
        return "unknown", "unknown", f"unknown until applied: {why}; as things are now: {message}"
    return status, "provisional", message or f"unless {why} changes what it rests on"


def _carry_out(context: Context, view: View, change: Change, task: Task, done: list[Effect]) -> str:
    """Do what takes a change back (in a dry run: foresee it); what there is to say of it.

    `done` gets the effects as they go: not those that were surely done before.
    """
    first = _first(view, change)
    for count, effect in enumerate(change.undo.effects[change.taken :], change.taken):
        if context.setting.dry_run:
            if count >= first:
                done.append(effect)
                context.foresee(effect, change.become, task, next(iter(view.provisional), None))
            continue
        done.append(effect)
        # No attempt of a task has the number 0, and no other change of the run this number.
        address = Address(change.step, change.number, 0, count)
        order = Order(effect=effect, become=change.become, task=task, address=address, undoes=change.number)
        if count < first:
            context.adopt(order)
        else:
            context.carry_out(order)
    return "" if done else f"it was taken back before: {change.change}"


def _first(view: View, change: Change) -> int:
    """Which of the effects that take a change back is to be done first, where all is as it should be.

    That is the first one that is not known to be done; if it was sent, it may be found done.

    Raises:
        Drifted: all is neither as the run left it, nor as it is after what was done to take that back.
    """
    guards, effects = change.undo.guards, change.undo.effects
    if not view.state.dry_run:
        facts = [guard.fact for guard in guards]
        view.state.forget(facts, view.become)
        view.state.ask(facts, view.become)
    left = [replace(each, answer=_left(each, effects[: change.taken])) for each in guards]
    if change.taking and not all(agrees(each.answer, view.of(each.fact)) for each in left):
        after = effects[: change.taken + 1]
        if all(_was(each, after, view.of(each.fact)) for each in guards):
            return change.taken + 1
    for guard in left:
        _hold(view, guard, change)
    return change.taken


def _in_reverse(task: str) -> str:
    """The name of what takes a task back; what takes that back again brings it back."""
    for word, reverse in ((_BACK, _AGAIN), (_AGAIN, _BACK)):
        if task.startswith(word):
            return reverse + task.removeprefix(word)
    return _BACK + task


def _surely_not_made(view: View, change: Change, before: Sequence[Change]) -> bool:
    """Whether the host is as it was before a change in doubt, or before an earlier one to the same."""
    facts = [guard.fact for guard in change.undo.guards]
    if not change.in_doubt or not facts:
        return False
    if not view.state.dry_run:
        view.state.forget(facts, view.become)
    if all(agrees(guard.answer, view.of(guard.fact)) for guard in change.undo.guards):
        return False
    same = (
        each.undo
        for each in before
        if each.in_doubt and each.become == change.become and facts == [g.fact for g in each.undo.guards]
    )
    return any(all(_was(guard, undo.effects, view.of(guard.fact)) for guard in undo.guards) for undo in same)


def _was(guard: Guard, effects: Sequence[Effect], found: Any) -> bool:
    """Whether an answer is what effects that take back make of the one that was left."""
    left = _left(guard, effects)
    return not isinstance(left, Unknown) and agrees(left, found)


def _left(guard: Guard, effects: Sequence[Effect]) -> Any:
    """What effects that take back make of the answer that was left; Unknown if that cannot be foretold."""
    answer: Answer = Known(guard.answer)
    for effect in effects:
        answer = effect.foretell(guard.fact, answer)
    return answer.value if isinstance(answer, Known) else OPEN


def _hold(view: View, guard: Guard, change: Change) -> None:
    """See that something is as the run left it; in a dry run, with what was foreseen to be taken back before.

    Raises:
        Drifted: it is not, with a diff.
    """
    found = view.of(guard.fact)
    if not agrees(guard.answer, found):
        raise Drifted(
            f"not taken back: {change.change}: {guard.what} is not as the run left it:\n"
            + _difference(guard.answer, found),
            cure=f"it lies under a change that stays: {change.under}"
            if change.under
            else "look who changed it, and decide by hand",
        )


def _difference(left: Any, found: Any) -> str:
    left = _with_the_undecided(left, found)
    return "\n".join(difference(shown(left), shown(found), was="as the run left it", now="now"))


def _with_the_undecided(left: Any, found: Any) -> Any:
    """What the run left, with what it did not decide as it is now: that is no difference."""
    if not is_dataclass(left) or isinstance(left, type) or found == PathStatus(kind="absent"):
        return left
    names = [each.name for each in fields(left) if isinstance(getattr(left, each.name), Unknown)]
    return replace(left, **{name: getattr(found, name) for name in names})


@dataclass(frozen=True, kw_only=True)
class UndoWalk:
    """The walk of an undo: the changes of each host. `run` names the run that is taken back."""

    changes: Mapping[str, Sequence[Change]]
    run: str

    def __call__(self, context: Context) -> Generator[Event, None, None]:
        """The walk of one host."""
        return walk_undo(context, self.changes.get(context.memory.name, ()), self.run)
