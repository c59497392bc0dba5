"""What a task leaves behind for later ones: registered results, facts, notified handlers, doubts."""

from collections.abc import Mapping
from typing import Any

from remediate.answers import Unknown
from remediate.derived import texts_in
from remediate.engine.context import Context
from remediate.engine.outcome import Outcome
from remediate.playbook.model import Task
from remediate.templating.templar import variables_of

_SHORTEST_HIDDEN = 6
"""Letters of a text that is secret because `no_log` hid it: `root` and `0644` stand everywhere."""
_WHERE = frozenset({"dest", "path"})
"""What of a result says where something is: who reads a plan has to see that."""


def doubt_about(task: Task, context: Context) -> str | None:
    """Why a task rests on a registered value that was itself provisional."""
    if not context.memory.doubtful:
        return None
    expressions = context.catalog.module(task.module).conditions
    written = [value for name, value in task.params.items() if name not in expressions]
    bare = [*task.when, *(task.params.get(name) for name in expressions)]
    used = _with_those_behind(
        variables_of([written, task.loop, task.variables, _as_templates(bare)]),
        {**context.setting.written(context.memory.name), **context.setting.play.variables},
    )
    return next((why for name, why in context.memory.doubtful.items() if name in used), None)


def _with_those_behind(names: frozenset[str], variables: Mapping[str, Any]) -> frozenset[str]:
    """The names, and those that the variables of these names name in their turn."""
    found: frozenset[str] = frozenset()
    new = names
    while new:
        found |= new
        new = variables_of([variables.get(name) for name in new]) - found
    return found


def _as_templates(conditions: Any) -> Any:
    if isinstance(conditions, list):
        return [_as_templates(each) for each in conditions]
    return "{{ " + conditions + " }}" if isinstance(conditions, str) else None


def remember(task: Task, context: Context, outcome: Outcome) -> None:
    """Register the result of the whole task, and notify its handlers."""
    if task.register is not None:
        _keep({task.register: outcome.result}, task, context, outcome)
    why = outcome.result.why if isinstance(outcome.result, Unknown) else f"task '{task.name}'"
    for name in task.notify:
        if outcome.status == "changed":
            context.memory.notified[name] = None
        elif outcome.status == "unknown":
            context.memory.notified.setdefault(name, why)


def keep_facts(task: Task, context: Context, outcome: Outcome) -> None:
    """Keep the facts that a task, or one item of its loop, has set: the next item sees them."""
    if isinstance(outcome.result, Mapping):
        facts = outcome.result.get("ansible_facts")
        if isinstance(facts, Mapping):
            _keep(facts, task, context, outcome)
    elif outcome.status == "unknown" and context.catalog.module(task.module).free_form:
        # Whether they are set only the apply can tell: what they were before must not be taken for it.
        _keep(dict.fromkeys(task.params, outcome.result), task, context, outcome)


def _keep(values: Mapping[str, Any], task: Task, context: Context, outcome: Outcome) -> None:
    memory = context.memory
    doubt = doubt_about(task, context) if outcome.certainty == "known" else None
    memory.facts.update(values)
    context.setting.derived.learn(values)
    if task.no_log and outcome.status != "skipped":
        _hide(values, task, context)
    for name in values:
        if outcome.certainty == "provisional" or doubt is not None:
            memory.doubtful[name] = doubt or f"task '{task.name}'"
        else:
            memory.doubtful.pop(name, None)


def _hide(values: Mapping[str, Any], task: Task, context: Context) -> None:
    """What a task with `no_log` has found is hidden in later tasks, too; not what its author wrote."""
    written = {*texts_in([task.params, task.loop]), task.loop_control.loop_var}
    for name, value in values.items():
        for text in texts_in(_found(value, task.loop_control.loop_var)):
            if len(text) >= _SHORTEST_HIDDEN and text not in written:
                context.setting.derived.add(text, (name,))


def _found(value: Any, item: str) -> Any:
    """The values in a result, but for places, and for the items of its loop: those were known before."""
    if isinstance(value, Mapping):
        return [_found(each, item) for key, each in value.items() if key != item and key not in _WHERE]
    return [_found(each, item) for each in value] if isinstance(value, list) else value
