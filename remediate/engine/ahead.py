"""What the tasks of a play will want to know of a host, asked together before the first of them."""

from collections.abc import Iterable

from remediate.engine.becoming import become_of
from remediate.engine.context import Context
from remediate.errors import RemediateError, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.hosts.target import Become
from remediate.modules.base import Module
from remediate.playbook.model import Block, Task, each_task
from remediate.templating.scope import Layer, Scope


def ask_ahead(tasks: Iterable[Task | Block], context: Context) -> None:
    """Ask what all tasks will want to know whose questions can be told now, in one round trip.

    A file's new content may depend on what is not known yet; what is asked of the file does not. Nothing is
    decided here, so nothing can fail here: what goes wrong goes wrong again, and is told, when the task's
    turn comes.
    """
    wanted: dict[Become | None, list[Fact[object]]] = {}
    past, name = context.past.ended, context.memory.name
    for task in each_task(tasks):
        if (name, context.setting.step_of(task)) in past:
            continue
        if context.catalog.module(task.module).probe is Module.probe:
            continue  # it asks nothing
        scope = context.setting.scope(context.memory, task.variables)
        for item, inner in enumerate(_scopes(task, context, scope)):
            try:
                if all(context.setting.templar.condition(each, inner) for each in task.when):
                    build = context.setting.workshop.build
                    facts = build(task, inner, ahead=True, item=item, kept=context.ahead).probe()
                    wanted.setdefault(become_of(task, context, inner), []).extend(facts)
            except (RemediateError, UnknownUntilApplied):
                continue
    try:
        for become, facts in wanted.items():
            context.memory.state.ask(facts, become)
    except RemediateError:
        return  # lost, or its lock cannot be taken: the first task that needs the host says so


def _scopes(task: Task, context: Context, scope: Scope) -> list[Scope]:
    if task.loop is None:
        return [scope]
    try:
        items = context.setting.templar.render(task.loop, scope)
    except (RemediateError, UnknownUntilApplied):
        return []
    names = task.loop_control
    return [
        scope.over(
            Layer({names.loop_var: item, **({names.index_var: i} if names.index_var else {})}, rendered=True)
        )
        for i, item in enumerate(items if isinstance(items, list) else [])
    ]
