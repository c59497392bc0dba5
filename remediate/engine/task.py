"""One task on one host: conditions, loop, attempts, and the verdict."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.engine.attempt import Attempt, attempt_once
from remediate.engine.context import Context
from remediate.engine.events import Certainty, Status, TaskEnded
from remediate.engine.state import Clouded
from remediate.errors import RemediateError, TaskFailed, TemplateError, UnknownUntilApplied, Unreachable
from remediate.playbook.model import Task
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import variables_of

HIDDEN = "hidden: no_log"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task, or one item of its loop, ended."""

    status: Status
    result: Any
    effects: tuple[Effect, ...] = ()
    certainty: Certainty = "known"
    message: str = ""
    attempts: int = 1


def run_task(task: Task, context: Context) -> TaskEnded:
    """Perform a task on the context's host, register its result, notify its handlers."""
    started = time.monotonic()
    memory = context.memory
    scope = context.setting.scope(memory, task.variables)
    try:
        outcome = _perform_all(task, context, scope)
    except Unreachable as error:
        outcome = Outcome(
            status="unreachable", result={"unreachable": True, "msg": error.what}, message=error.explain()
        )
    except UnknownUntilApplied as unknown:
        outcome = _unknown(task, context, unknown.why)
    except RemediateError as error:
        outcome = _failed(error)
    doubt = _doubt(task, context)
    if outcome.certainty == "known" and doubt is not None and outcome.status != "unreachable":
        outcome = replace(outcome, certainty="provisional")
    _remember(task, context, outcome, doubt)
    ignored = outcome.status == "failed" and _ignores(task, context, scope)
    return _event(task, context, scope, outcome, ignored=ignored, seconds=time.monotonic() - started)


def _perform_all(task: Task, context: Context, scope: Scope) -> Outcome:
    if task.loop is None:
        return _perform(task, context, scope)
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
        raise TaskFailed(f"a loop needs a list, not {type(items).__name__}", where=task.place_of("loop"))
    outcomes = []
    for index, item in enumerate(items):
        names = {task.loop_control.loop_var: item}
        if task.loop_control.index_var is not None:
            names[task.loop_control.index_var] = index
        inner = scope.over(Layer(names, rendered=True))
        try:
            outcome = _perform(task, context, inner)
        except UnknownUntilApplied as unknown:
            outcome = _unknown(task, context, unknown.why)
        except RemediateError as error:
            if isinstance(error, Unreachable):
                raise
            outcome = _failed(error)
        label = _label(task, context, inner, item)
        outcomes.append(
            replace(outcome, result=_with_item(outcome, task, item), message=_about(label, outcome))
        )
    return _together(outcomes)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome for all items: the gravest status, all effects, the results in a list."""
    ranks: tuple[Status, ...] = ("failed", "unknown", "changed", "ok", "skipped")
    statuses = {outcome.status for outcome in outcomes}
    status: Status = next((rank for rank in ranks if rank in statuses), "skipped")
    result: dict[str, Any] = {
        "results": [outcome.result for outcome in outcomes],
        "changed": "changed" in statuses,
        "failed": "failed" in statuses,
    }
    if status == "skipped":
        result["skipped"] = True
    certainties = {outcome.certainty for outcome in outcomes}
    order: tuple[Certainty, ...] = ("unknown", "provisional", "known")
    told = [outcome.message for outcome in outcomes if outcome.message and outcome.status == status]
    return Outcome(
        status=status,
        result=result,
        effects=tuple(effect for outcome in outcomes for effect in outcome.effects),
        certainty=next((each for each in order if each in certainties), "known"),
        message="; ".join(told) if status != "skipped" else "no item was for this host",
        attempts=max((outcome.attempts for outcome in outcomes), default=1),
    )


def _perform(task: Task, context: Context, scope: Scope) -> Outcome:
    """One item, or the task if it has no loop."""
    perhaps = None
    try:
        skipped = _skipped(task, context, scope)
    except UnknownUntilApplied as unknown:
        skipped, perhaps = None, unknown.why
    if skipped is not None:
        return skipped
    last, attempts = _attempts(task, context, scope, perhaps)
    status: Status = "failed" if last.failed else "changed" if last.changed else "ok"
    certainty: Certainty = "provisional" if last.provisional else "known"
    message = last.message
    if last.unknown is not None:
        status, certainty, message = "unknown", "unknown", f"unknown until applied: {last.unknown}"
    return Outcome(
        status=status,
        result=last.result,
        effects=last.effects,
        certainty=certainty,
        message=message,
        attempts=attempts,
    )


def _skipped(task: Task, context: Context, scope: Scope) -> Outcome | None:
    for condition in task.when:
        if not context.setting.templar.condition(condition, scope):
            result = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}
            return Outcome(status="skipped", result=result, message=f"not so: {condition}")
    return None


def _attempts(task: Task, context: Context, scope: Scope, perhaps: str | None) -> tuple[Attempt, int]:
    """Try until `until` holds, or the attempts are used up; the last attempt, and how many there were.

    As in Ansible: `retries: 3` means up to four attempts, and `until` alone up to three.
    """
    templar = context.setting.templar
    most, delay = 1, 0.0
    if task.until or task.retries is not None:
        retries = 2 if task.retries is None else _number(templar.render(task.retries, scope), "retries", task)
        most = 1 + int(retries)
        delay = _number(templar.render(task.delay, scope), "delay", task)
    for number in range(1, most + 1):
        last = attempt_once(task, context, scope, perhaps, number)
        if last.unknown is not None or last.enough or context.stop.asked:
            return last, number
        if number < most:
            context.stop.sleep(delay)
    if not last.failed:
        said = f"'until' did not hold in {most} attempts"
        last = replace(last, failed=True, message=said, result={**last.result, "failed": True, "msg": said})
    return last, most


def _number(value: Any, keyword: str, task: Task) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        raise TaskFailed(f"'{keyword}' must be a number that is not negative", where=task.place_of(keyword))
    return number


def _unknown(task: Task, context: Context, why: str) -> Outcome:
    """The task depends on what has not run. If it might change something, nothing after it is certain."""
    if context.catalog.module(task.module).may_change(task.params):
        context.memory.state.foresee(Clouded(why=f"task '{task.name}'"))
    return Outcome(
        status="unknown", result=Unknown(why), certainty="unknown", message=f"unknown until applied: {why}"
    )


def _failed(error: RemediateError) -> Outcome:
    message = error.explain()
    return Outcome(
        status="failed", result={"changed": False, "failed": True, "msg": message}, message=message
    )


def _doubt(task: Task, context: Context) -> str | None:
    """Why a task rests on a registered value that was itself provisional."""
    if not context.memory.doubtful:
        return None
    expressions = context.catalog.module(task.module).conditions
    written = [value for name, value in task.params.items() if name not in expressions]
    bare = [*task.when, *(task.params.get(name) for name in expressions)]
    used = variables_of([written, task.loop, task.variables, _as_templates(bare)])
    through = variables_of([context.setting.play.variables.get(name) for name in used])
    return next((why for name, why in context.memory.doubtful.items() if name in used | through), None)


def _as_templates(conditions: Any) -> Any:
    if isinstance(conditions, list):
        return [_as_templates(each) for each in conditions]
    return "{{ " + conditions + " }}" if isinstance(conditions, str) else None


def _remember(task: Task, context: Context, outcome: Outcome, doubt: str | None) -> None:
    memory = context.memory
    names = [] if task.register is None else [task.register]
    if task.register is not None:
        memory.facts[task.register] = outcome.result
    if isinstance(outcome.result, Mapping):
        facts = outcome.result.get("ansible_facts")
        if isinstance(facts, Mapping):
            memory.facts.update(facts)
            names += facts
    for name in names:
        if outcome.certainty == "provisional":
            memory.doubtful[name] = doubt or f"task '{task.name}'"
        else:
            memory.doubtful.pop(name, None)
    if outcome.status == "changed":
        memory.notified.update(task.notify)


def _ignores(task: Task, context: Context, scope: Scope) -> bool:
    if isinstance(task.ignore_errors, bool):
        return task.ignore_errors
    try:
        return bool(context.setting.templar.render(task.ignore_errors, scope))
    except (RemediateError, UnknownUntilApplied):
        return False


def _label(task: Task, context: Context, scope: Scope, item: Any) -> str:
    if task.loop_control.label is None:
        return str(item)
    try:
        return str(context.setting.templar.render(task.loop_control.label, scope))
    except (RemediateError, UnknownUntilApplied):
        return str(item)


def _with_item(outcome: Outcome, task: Task, item: Any) -> Any:
    if isinstance(outcome.result, Mapping):
        return {**outcome.result, task.loop_control.loop_var: item}
    return outcome.result


def _about(label: str, outcome: Outcome) -> str:
    return f"({label}) {outcome.message}" if outcome.message else ""


def _event(
    task: Task, context: Context, scope: Scope, outcome: Outcome, *, ignored: bool, seconds: float
) -> TaskEnded:
    name = task.name
    with contextlib.suppress(RemediateError, UnknownUntilApplied):  # then it is shown as written
        name = str(context.setting.templar.render(task.name, scope))
    secret = task.no_log
    return TaskEnded(
        play=context.setting.play.name,
        task=name,
        place=str(replace(task.place, column=0)),
        module=task.module,
        host=context.memory.name,
        status=outcome.status,
        certainty=outcome.certainty,
        diff=HIDDEN + "\n" if secret and outcome.effects else "".join(e.diff() for e in outcome.effects),
        effects=tuple(HIDDEN if secret else effect.summary() for effect in outcome.effects),
        seconds=seconds,
        attempts=outcome.attempts,
        message=HIDDEN if secret and outcome.message else outcome.message,
        ignored=ignored,
        result={} if secret or not isinstance(outcome.result, Mapping) else outcome.result,
    )
