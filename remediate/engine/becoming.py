"""As whom a task is done: what variables, keywords and options say together, in Ansible's order."""

from typing import Any

from remediate.engine.context import Context
from remediate.errors import InventoryError, TaskFailed
from remediate.hosts.target import ITSELF, Become, Becoming, becoming_of
from remediate.playbook.model import Task
from remediate.templating.scope import Scope

_KEYWORDS = ("become", "become_user", "become_method")


def become_of(task: Task, context: Context, scope: Scope) -> Become | None:
    """Whom the task wants to be; None if the playbook says nothing of it: then it is as usual on the host.

    Raises:
        TaskFailed: what is said is no user, or no way to become one.
        TemplateError, UnknownUntilApplied: it cannot be rendered.
    """
    own = _of_the_playbook(context, scope)
    if not own and task.become is None and task.become_user is None and task.become_method is None:
        return None
    target, render = context.memory.target, context.setting.templar.render
    variables = _read(own, task, context).over(target.variables)
    keywords = {"become": render(task.become, scope) if variables.wanted is None else None}
    if not variables.over(_read(keywords, task, context)).over(target.options).wanted:
        return None if target.default is None else ITSELF
    if task.become_user is not None:
        keywords["become_user"] = str(render(task.become_user, scope))
    keywords["become_method"] = task.become_method
    said = variables.over(_read(keywords, task, context)).over(target.options)
    return said.become


def _of_the_playbook(context: Context, scope: Scope) -> dict[str, Any]:
    """By their keywords, the variables that the playbook or a result has set over the host's own."""
    setting = context.setting
    known = (setting.extra, setting.written(context.memory.name))  # `Target` has them read already
    found: dict[str, Any] = {}
    for keyword in _KEYWORDS:
        name = f"ansible_{keyword}"
        values = next((layer.values for layer in scope.layers if name in layer.values), None)
        if values is not None and not any(values is each for each in known):
            found[keyword] = setting.templar.render(f"{{{{ {name} }}}}", scope)
    return found


def _read(values: dict[str, Any], task: Task, context: Context) -> Becoming:
    """What variables or keywords say."""
    try:
        return becoming_of(context.memory.name, values)
    except InventoryError as error:
        raise TaskFailed(error.what, where=task.place_of("become"), cure=error.cure) from None
