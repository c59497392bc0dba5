"""From a task to its module: what is the same for every host of a play is made once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.answers import Unknown
from remediate.engine.desk import ControllerDesk, DeskAhead, Personal, Shelf
from remediate.errors import UnknownUntilApplied
from remediate.modules.base import Module
from remediate.modules.catalog import Catalog
from remediate.playbook.model import Task
from remediate.templating.scope import Scope
from remediate.templating.templar import Templar, is_template

_LATER = "-"
"""Stands for a text that no question depends on."""


@dataclass(frozen=True, kw_only=True)
class _Blueprint:
    """A task's parameters in their order, with those that are the same for every host as they are."""

    kind: type[Module]
    params: Mapping[str, Any]
    rendered: Mapping[str, Any]
    leafwise: Mapping[str, Any]
    environment: Mapping[str, str] | None
    """What is rendered for each host, as the two before it; None: nothing."""
    module: Module | None = None
    """The module itself, if it is the same for every host."""


@dataclass(frozen=True)
class Workshop:
    """Builds the modules of one play's tasks, for all hosts and threads. A file is read once."""

    templar: Templar
    shelf: Shelf
    _blueprints: dict[tuple[int, bool], _Blueprint] = field(default_factory=dict)
    # Two threads may make the same blueprint at once: they are alike, so no lock is needed.

    def build(self, task: Task, scope: Scope, *, ahead: bool = False) -> Module:
        """The task's module with its final parameters; `ahead`: with those that its questions depend on.

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
        return self._built(task, plan.kind, params, scope, ahead=ahead)

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
        plan = _Blueprint(
            kind=kind,
            params=params,
            rendered=rendered,
            leafwise=leafwise,
            environment=environment if is_template(environment) else None,
        )
        if rendered or leafwise or plan.environment is not None:
            return plan
        try:
            return replace(plan, module=self._built(task, kind, params, None, ahead=ahead))
        except Personal:
            return plan

    def _built(
        self, task: Task, kind: type[Module], params: Mapping[str, Any], scope: Scope | None, *, ahead: bool
    ) -> Module:
        desk_of = DeskAhead if ahead else ControllerDesk
        prepared = kind.prepare(params, desk_of(self.templar, scope, self.shelf))
        return Catalog().build(task.module, prepared, task.place)


def _leafwise(value: Any, templar: Templar, scope: Scope) -> Any:
    """The value rendered, with Unknown in the place of each leaf that only the apply can tell."""
    if isinstance(value, Mapping):
        return {key: _leafwise(each, templar, scope) for key, each in value.items()}
    try:
        return templar.render(value, scope)
    except UnknownUntilApplied as error:
        return Unknown(error.why)
