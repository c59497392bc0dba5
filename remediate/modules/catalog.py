"""The modules by the names that playbooks use, and the check of their parameters."""

import importlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, get_type_hints

from remediate.errors import Place, PlaybookError, TaskFailed
from remediate.modules.base import Module
from remediate.modules.checkers import checker
from remediate.modules.fitting import Fit, fit
from remediate.modules.wrong_values import explain
from remediate.spelling import nearest
from remediate.templating.templar import is_template

_MODULES = {
    "assert": "assert_:Assert",
    "blockinfile": "blockinfile:BlockInFile",
    "command": "command:Command",
    "copy": "copy:Copy",
    "debug": "debug:Debug",
    "domino_command": "domino.command:DominoCommand",
    "domino_document": "domino.document:DominoDocuments",
    "domino_fields": "domino.fields:DominoFields",
    "domino_log": "domino.log:DominoLog",
    "domino_task": "domino.task:DominoTask",
    "domino_tasks": "domino.tasks:DominoTaskList",
    "domino_view": "domino.view:DominoViewEntries",
    "fail": "fail:Fail",
    "figure": "figure:Figure",
    "file": "file:File",
    "fleet_table": "fleet_table:FleetTable",
    "lineinfile": "lineinfile:LineInFile",
    "pause": "pause:PauseTask",
    "recheck": "recheck:Recheck",
    "scanmail_build": "scanmail.build:ScanMailBuild",
    "scanmail_licenses": "scanmail.licenses:ScanMailLicenses",
    "set_fact": "set_fact:SetFact",
    "shell": "shell:Shell",
    "slurp": "slurp:Slurp",
    "stat": "stat:Stat",
    "template": "template:Template",
}

Mistake = tuple[str | None, str, str | None]
"""A parameter's name (None: the module as a whole), what is wrong, and the cure."""


class Catalog:
    """The modules there are."""

    def names(self) -> Collection[str]:
        """Every name a playbook may use."""
        return _MODULES.keys()

    def module(self, name: str) -> type[Module]:
        """The module of this name; its file is imported at first use.

        Raises:
            PlaybookError: if there is none.
        """
        return _load(name)

    def reads(self, module: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """The files of the controller that parameters name without a template; see `Module.reads`."""
        for name, file, folder in _load(module).reads(params):
            if isinstance(file, str) and file and not is_template(file):
                yield name, file, folder

    def check(self, module: str, params: Mapping[str, Any]) -> list[Mistake]:
        """What is wrong with parameters as written: values that hold templates are judged when rendered."""
        kind = _load(module)
        if kind.free_form:
            return _wrong_variables(module, params)
        mistakes = _check_names(module, params, _known(module))
        plain = {name: value for name, value in params.items() if name in _known(module)}
        mistakes += _check_values(module, {k: v for k, v in plain.items() if not is_template(v)})
        if not mistakes and not is_template(dict(params)) and not kind.conditions:
            try:
                kind(**_validated(module, params))
            except ValueError as error:
                mistakes.append((None, str(error), None))
        return mistakes

    def build(self, module: str, params: Mapping[str, Any], where: Place) -> Module:
        """A module with its final parameters.

        Raises:
            TaskFailed: with the task's place, if they do not fit.
        """
        kind = _load(module)
        if kind.free_form:
            return kind(values=dict(params))  # type: ignore[call-arg]
        allowed = (*_known(module), *kind.prepared)
        for _, what, cure in _check_names(module, params, allowed):
            raise TaskFailed(f"{module}: {what}", where=where, cure=cure)
        try:
            values = _validated(module, params)
        except ValueError:  # its words are made only where they are needed
            _, what, cure = _check_values(module, params)[0]
            raise TaskFailed(f"{module}: {what}", where=where, cure=cure) from None
        try:
            return kind(**values)
        except ValueError as error:
            raise TaskFailed(f"{module}: {error}", where=where) from None


@cache
def _load(module: str) -> type[Module]:
    if module not in _MODULES:
        raise PlaybookError(f"there is no module '{module}'", cure=nearest(module, _MODULES))
    file, _, kind = _MODULES[module].partition(":")
    found: type[Module] = getattr(importlib.import_module(f"remediate.modules.{file}"), kind)
    return found


@cache
def _known(module: str) -> dict[str, bool]:
    """The parameters, first those that no other module shares, and whether each must be given."""
    kind: Any = _load(module)
    return {
        field.name: field.default is MISSING and field.default_factory is MISSING
        for field in sorted(fields(kind), key=lambda field: field.name not in kind.__annotations__)
        if field.name not in kind.prepared
    }


@cache
def _fit(module: str, param: str) -> Fit:
    return fit(_hints(module)[param])


@cache
def _checker(module: str, param: str) -> Fit:
    return checker(_hints(module)[param]).validate_python


@cache
def _hints(module: str) -> dict[str, Any]:
    return get_type_hints(_load(module), include_extras=True)


def _wrong_variables(module: str, params: Mapping[str, Any]) -> list[Mistake]:
    return [
        (
            name,
            f"{module} cannot set '{name}': that is no name of a variable",
            "write the name itself; for names that a template makes, set one variable to a mapping"
            if is_template(name)
            else "a name is made of letters, digits and underscores, and does not begin with a digit",
        )
        for name in params
        if not str(name).isidentifier()
    ]


def _check_names(module: str, params: Mapping[str, Any], allowed: Collection[str]) -> list[Mistake]:
    known = _known(module)
    mistakes: list[Mistake] = []
    for name in params:
        if name not in allowed:
            cure = nearest(name, known) or f"{module} has: {', '.join(known)}"
            mistakes.append((name, f"{module} has no parameter '{name}'", cure))
    for name, required in known.items():
        if required and name not in params:
            mistakes.append((None, f"{module} needs the parameter '{name}'", None))
    return mistakes


def _check_values(module: str, params: Mapping[str, Any]) -> list[Mistake]:
    mistakes: list[Mistake] = []
    for name, value in params.items():
        try:
            _made_to_fit(module, name, value)
        except ValueError as error:
            wrong: Any = error  # pydantic's own
            mistakes.append((name, *explain(name, wrong.errors(include_url=False))))
    return mistakes


def _validated(module: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _made_to_fit(module, name, value) for name, value in params.items()}


def _made_to_fit(module: str, name: str, value: Any) -> Any:
    """The value as its parameter wants it.

    Raises:
        ValueError: pydantic's ValidationError.
    """
    try:
        return _fit(module, name)(value)
    except ValueError:
        return _checker(module, name)(value)
