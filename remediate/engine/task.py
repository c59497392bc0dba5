"""One task on one host: conditions, loop, attempts, and the verdict."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from remediate.engine.attempt import attempt_once
from remediate.engine.confirming import words
from remediate.engine.context import Context
from remediate.engine.doubt import Clouded
from remediate.engine.ending import ended_event
from remediate.engine.events import Status, TaskEnded
from remediate.engine.judging import Attempt
from remediate.engine.outcome import EVERY_ITEM, Outcome, failure, together, unknown, with_item
from remediate.engine.past import EndedTask
from remediate.engine.registering import doubt_about, keep_facts, remember
from remediate.errors import (
    NotPlanned,
    RemediateError,
    TaskFailed,
    TemplateError,
    UnknownUntilApplied,
    Unreachable,
)
from remediate.playbook.model import Task
from remediate.templating.scope import Layer, Scope

_LONGEST_LABEL = 60
"""Letters of an item that stand before its message; a longer one is counted instead."""


def run_task(task: Task, context: Context, perhaps: str | None = None) -> TaskEnded:
    """Perform a task on the context's host, register its result, notify its handlers.

    `perhaps` says on what it depends whether the task runs at all; None if it surely does.
    """
    started = time.monotonic()
    scope = context.setting.scope(context.memory, task.variables)
    ended = context.past.ended.get((context.memory.name, context.setting.step_of(task)))
    if ended is not None:
        return _replayed(task, context, scope, ended)
    doubt = doubt_about(task, context)
    context.memory.state.consulted()  # what was asked ahead was not looked at yet
    context.setting.templar.shown()  # nor is what was rendered for that shown
    try:
        outcome = perform_all(task, context, scope, perhaps)
    except Unreachable as error:
        outcome = Outcome(
            status="unreachable", result={"unreachable": True, "msg": error.what}, message=error.explain()
        )
    except UnknownUntilApplied as error:
        outcome = _unknown(task, context, error.why)
        keep_facts(task, context, outcome)
    except NotPlanned as error:
        context.memory.ended = "failed"  # no rescue makes up for that, and no task may ignore it
        outcome = failure(error)
    except RemediateError as error:
        outcome = failure(error)
    if doubt is not None and outcome.status != "unreachable" and outcome.certainty == "known":
        outcome = _doubted(task, context, outcome, doubt)
    remember(task, context, outcome)
    ignored = (
        outcome.status == "failed" and context.memory.ended != "failed" and _ignores(task, context, scope)
    )
    return ended_event(task, context, scope, outcome, ignored=ignored, seconds=time.monotonic() - started)


def _replayed(task: Task, context: Context, scope: Scope, ended: EndedTask) -> TaskEnded:
    """The end that the task came to in an earlier part of the run, with all that it left behind."""
    outcome = Outcome(status=ended.status, result=ended.result, message=ended.message)
    items = (
        ended.result.get("results") if task.loop is not None and isinstance(ended.result, Mapping) else None
    )
    for result in items if isinstance(items, list) else [ended.result]:
        keep_facts(task, context, replace(outcome, result=result))
    remember(task, context, outcome)
    event = ended_event(task, context, scope, outcome, ignored=ended.ignored, seconds=0)
    return replace(event, replayed=True)


def perform_all(
    task: Task, context: Context, scope: Scope, perhaps: str | None, *, first: int = 0
) -> Outcome:
    """The task, or all items of its loop from this one on (from 0).

    Raises:
        Unreachable, NotPlanned: nothing more is done on the host.
        RemediateError, UnknownUntilApplied: the task fails, or its outcome is not known.
    """
    if task.loop is None:
        outcome = _perform(task, context, scope, perhaps, 0)
        keep_facts(task, context, outcome)
        return outcome
    templar = context.setting.templar
    try:
        items = templar.render(task.loop, scope)
    except TemplateError:
        # As in Ansible, a condition that is false without the item spares the loop.
        skipped = _skipped(task, context, scope)
        if skipped is not None:
            return skipped
        raise
    if not isinstance(items, list):
        raise TaskFailed(
            f"a loop needs a list, not {type(items).__name__}",
            where=task.place_of("loop"),
            cure="of a mapping, `dict2items` makes one",
        )
    outcomes = []
    for index, item in enumerate(items[first:], first):
        if context.stopped:
            context.memory.ended = "stopped"
            break
        names = {task.loop_control.loop_var: item}
        if task.loop_control.index_var is not None:
            names[task.loop_control.index_var] = index
        context.setting.derived.learn(names)
        inner = scope.over(Layer(names, rendered=True))
        outcome = _perform_item(task, context, inner, perhaps, index)
        keep_facts(task, context, outcome)
        result = with_item(outcome, task.loop_control.loop_var, item)
        about = f"({_label(task, context, inner, item, index)}) {outcome.message}" if outcome.message else ""
        outcomes.append(replace(outcome, result=result, message=about))
    return together(outcomes)


def _perform_item(task: Task, context: Context, scope: Scope, perhaps: str | None, item: int) -> Outcome:
    """One item: it fails alone, the others go on; only what ends the host's run ends them all."""
    try:
        return _perform(task, context, scope, perhaps, item)
    except (Unreachable, NotPlanned):
        raise
    except UnknownUntilApplied as error:
        return _unknown(task, context, error.why)
    except RemediateError as error:
        return failure(error)


def _perform(task: Task, context: Context, scope: Scope, perhaps: str | None, item: int) -> Outcome:
    """One item (of this number, from 0), or the task if it has no loop."""
    try:
        skipped = _skipped(task, context, scope)
    except UnknownUntilApplied as error:
        if not context.setting.dry_run:
            raise
        skipped, perhaps = None, error.why
    if skipped is not None:
        return skipped
    most = _most_attempts(task, context, scope)
    last, attempts = _attempts(task, context, scope, perhaps, item, most=most)
    again = f"tried up to {most} times" if most > 1 else ""
    if last.unknown is not None and not context.setting.dry_run:
        return replace(_unknowable(last.unknown), effects=last.effects, attempts=attempts)
    if last.unknown is not None:
        may = "" if last.decided else _may(task, context)
        return replace(
            unknown(last.unknown, "; ".join(filter(None, (may, again if may or last.effects else "")))),
            result=last.result,
            effects=last.effects,
            attempts=attempts,
            undecided=() if last.decided else EVERY_ITEM,
        )
    status: Status = "failed" if last.failed else "changed" if last.changed else "ok"
    outcome = Outcome(
        status=status,
        result=last.result,
        effects=last.effects,
        message=last.message,
        attempts=attempts,
        judgement=last.judgement,
        undecided=() if last.decided else EVERY_ITEM,
    )
    outcome = outcome if last.provisional is None else _doubted(task, context, outcome, last.provisional)
    if context.setting.dry_run and outcome.effects:
        confirmed = words(task.confirm) if task.confirm is not None else ""
        outcome = replace(outcome, message="; ".join(filter(None, (again, confirmed, outcome.message))))
    return outcome


def _doubted(task: Task, context: Context, outcome: Outcome, why: str) -> Outcome:
    """The outcome as a provisional one. In a dry run a failure that may not come to be is none.

    What had been decided by then is shown, and nothing else may come of it.
    """
    if outcome.status == "failed" and context.setting.dry_run:
        clouded = _unknown(task, context, why, f"as things are now: {outcome.message}")
        return replace(clouded, effects=outcome.effects, undecided=outcome.undecided)
    message = outcome.message or f"unless {why} changes what it rests on"
    return replace(outcome, certainty="provisional", message=message)


def _skipped(task: Task, context: Context, scope: Scope) -> Outcome | None:
    for condition in task.when:
        if not context.setting.templar.condition(condition, scope):
            result = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}
            return Outcome(status="skipped", result=result, message=f"not so: {condition}")
    return None


def _most_attempts(task: Task, context: Context, scope: Scope) -> int:
    """As in Ansible: `retries: 3` means up to four attempts, and so does `until` alone."""
    if task.retries is not None:
        return 1 + int(_number(context.setting.templar.render(task.retries, scope), "retries", task))
    return 4 if task.until else 1


def _attempts(
    task: Task, context: Context, scope: Scope, perhaps: str | None, item: int, *, most: int
) -> tuple[Attempt, int]:
    """Try until `until` holds, or the attempts are used up; the last attempt, and how many there were."""
    delay = 0.0
    if task.until or task.retries is not None:
        delay = _number(context.setting.templar.render(task.delay, scope), "delay", task)
    for number in range(1, most + 1):
        last = attempt_once(task, context, scope, perhaps, item=item, number=number)
        # Waiting for what this run is going to change would be in vain as long as it is a dry run.
        in_vain = context.setting.dry_run and last.provisional is not None
        if last.unknown is not None or last.enough or in_vain or context.stop.asked:
            break
        if number < most:
            context.sleep(delay)
    if not last.enough and context.stop.asked:
        context.memory.ended = "stopped"  # there were attempts left
    if last.unknown is None and not last.enough and not last.failed and most > 1:
        said = f"'until' did not hold in {number} attempts"
        # As in Ansible, what `failed_when` says counts for the task, and this for what is registered.
        failed = not task.failed_when or context.stop.asked
        result = {**last.result, "failed": True, **({"msg": said} if failed else {})}
        last = replace(last, failed=failed, message=said, result=result)
    return last, number


def _number(value: Any, keyword: str, task: Task) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        raise TaskFailed(f"'{keyword}' must be a number that is not negative", where=task.place_of(keyword))
    return number


def _unknown(task: Task, context: Context, why: str, message: str = "") -> Outcome:
    """The task depends on what has not run. If it might change something, nothing after it is certain.

    In an apply everything has run: there it is a failure, and not to be passed over.
    """
    if not context.setting.dry_run:
        return _unknowable(why)
    may = _may(task, context)
    if may:
        by = f"task '{task.name}'"
        context.memory.state.foresee(Clouded(why=by), by)
    return unknown(why, "; ".join(filter(None, (message, may))))


def _unknowable(why: str) -> Outcome:
    """The failure of a task of an apply that rests on what nobody knows."""
    return failure(
        TaskFailed(
            f"it rests on what even the apply does not know: {why}",
            cure="look on the host how far it came, and report it: this is a mistake in remediate",
        )
    )


def _may(task: Task, context: Context) -> str:
    """What a task may change of which nothing could be decided: as its playbook says it; empty if nothing."""
    if not context.catalog.module(task.module).may_change(task.params):
        return ""
    written = (f"{name}={value}" for name, value in task.params.items() if len(str(value)) <= _LONGEST_LABEL)
    return f"it may: {task.module} {' '.join(written)}".rstrip()


def _ignores(task: Task, context: Context, scope: Scope) -> bool:
    if isinstance(task.ignore_errors, bool):
        return task.ignore_errors
    try:
        return bool(context.setting.templar.render(task.ignore_errors, scope))
    except (RemediateError, UnknownUntilApplied):
        return False


def _label(task: Task, context: Context, scope: Scope, item: Any, index: int) -> str:
    if task.loop_control.label is not None:
        with contextlib.suppress(RemediateError, UnknownUntilApplied):
            return str(context.setting.templar.render(task.loop_control.label, scope))
    # Not cut: see `whole_or_counted`.
    text = str(item)
    return text if len(text) <= _LONGEST_LABEL else f"item {index + 1}"
