"""From a task to its module: what is the same for every host of a play is made once."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from remediate.answers import Unknown
from remediate.engine.desk import ControllerDesk, DeskAhead, Personal, Shelf
from remediate.errors import UnknownUntilApplied
from remediate.modules.base import Module
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.secrecy import under_secret_names
from remediate.templating.scope import Scope
from remediate.templating.templar import Templar, is_template

_LATER = "-"
"""Stands for a text that no question depends on."""


Kept = dict[tuple[int, int], tuple[Mapping[str, Any], Module]]
"""Modules that were built ahead for one host, by task and item, with their parameters."""


class _Blueprint(NamedTuple):
    """A task's parameters in their order, with those that are the same for every host as they are."""

    kind: type[Module]
    params: Mapping[str, Any]
    rendered: Mapping[str, Any]
    leafwise: Mapping[str, Any]
    environment: Mapping[str, str] | None
    """What is rendered for each host, as the two before it; None: nothing."""
    has_secrets: bool
    """Whether there are names in what is rendered that say that they are secret."""
    module: Module | None = None
    """The module itself, if it is the same for every host."""


@dataclass(frozen=True)
class Workshop:
    """Builds the modules of one play's tasks, for all hosts and threads. A file is read once."""

    templar: Templar
    shelf: Shelf
    _blueprints: dict[tuple[int, bool], _Blueprint] = field(default_factory=dict)
    # Two threads may make the same blueprint at once: they are alike, so no lock is needed.

    def build(
        self, task: Task, scope: Scope, *, ahead: bool = False, item: int = 0, kept: Kept | None = None
    ) -> Module:
        """The task's module with its final parameters; `ahead`: with those that its questions depend on.

        Args:
            task: the task.
            scope: the variables.
            ahead: whether it is built before its turn.
            item: which item of its loop, from 0.
            kept: what was built ahead for this host; it is taken from there if the parameters still are so.

        Raises:
            TemplateError, TaskFailed: if they cannot be rendered or do not fit.
            UnknownUntilApplied: if they depend on what has not run.
        """
        plan = self._blueprints.get((id(task), ahead))
        if plan is None:
            plan = self._blueprints[id(task), ahead] = self._blueprint(task, ahead=ahead)
        if plan.module is not None:
            return plan.module
        params = {**plan.params}
        if plan.rendered:
            found = self.templar.render(plan.rendered, scope)
            for name in plan.rendered:
                if name in found:
                    params[name] = found[name]
                else:  # it was omitted
                    del params[name]
        for name, value in plan.leafwise.items():
            params[name] = _leafwise(value, self.templar, scope)
        if plan.environment is not None:
            found = self.templar.render(plan.environment, scope)
            params["environment"] = {name: str(value) for name, value in found.items()}
        if plan.has_secrets:
            self.templar.learn(params)
        prepared = self._prepared(plan.kind, params, scope, ahead=ahead)
        before = None if ahead or kept is None else kept.pop((id(task), item), None)
        if before is not None and _alike(before[0], prepared):
            return before[1]
        module = Catalog().build(task.module, prepared, task.place)
        if ahead and kept is not None:
            kept[id(task), item] = prepared, module
        return module

    def _blueprint(self, task: Task, *, ahead: bool) -> _Blueprint:
        kind = Catalog().module(task.module)
        later = kind.unasked if ahead else ()
        written = {name: _LATER if name in later else value for name, value in task.params.items()}
        conditions = {name: value for name, value in written.items() if name in kind.conditions}
        leafwise = {name: written[name] for name in kind.leafwise if name in written}
        whole = {k: v for k, v in written.items() if k not in conditions and k not in leafwise}
        rendered = {name: value for name, value in whole.items() if is_template(value)}
        fixed = self.templar.render({k: v for k, v in whole.items() if k not in rendered}, Scope())
        params = {**conditions, **{name: fixed.get(name) for name in whole}}
        params |= leafwise
        environment = None
        if "environment" in kind.prepared:
            environment = dict(task.environment)
            params["environment"] = {name: str(value) for name, value in environment.items()}
        each_time = {**rendered, **leafwise, **({} if environment is None else environment)}
        plan = _Blueprint(
            kind=kind,
            params=params,
            rendered=rendered,
            leafwise=leafwise,
            environment=environment if is_template(environment) else None,
            has_secrets=any(under_secret_names(each_time)),
        )
        if rendered or leafwise or plan.environment is not None:
            return plan
        try:
            prepared = self._prepared(kind, params, None, ahead=ahead)
        except Personal:
            return plan
        return plan._replace(module=Catalog().build(task.module, prepared, task.place))

    def _prepared(
        self, kind: type[Module], params: Mapping[str, Any], scope: Scope | None, *, ahead: bool
    ) -> dict[str, Any]:
        desk_of = DeskAhead if ahead else ControllerDesk
        return kind.prepare(params, desk_of(self.templar, scope, self.shelf))


def _leafwise(value: Any, templar: Templar, scope: Scope) -> Any:
    """The value rendered, with Unknown in the place of each leaf that only the apply can tell."""
    if isinstance(value, Mapping):
        return {key: _leafwise(each, templar, scope) for key, each in value.items()}
    try:
        return templar.render(value, scope)
    except UnknownUntilApplied as error:
        return Unknown(error.why)


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same for a module: `True` and `1` are not."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_alike(each, other[key]) for key, each in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return isinstance(one, str | int | float) and one == other
