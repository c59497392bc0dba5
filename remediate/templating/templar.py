"""The door to this room: renders values, conditions and template files, and checks them unrendered."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.runtime import Context

from remediate.answers import Unknown
from remediate.controller import THIS_MACHINE, Controller
from remediate.derived import Derived
from remediate.errors import Place, TemplateError, UnknownUntilApplied
from remediate.templating.absent import OMIT, Missing
from remediate.templating.environment import Sandbox, ScopeContext
from remediate.templating.evaluation import Evaluation
from remediate.templating.header import has_header
from remediate.templating.lookups import Surroundings, find
from remediate.templating.programs import Kind, Program, compile_template, never_boolean, parse, problems
from remediate.templating.scope import Layer, Scope
from remediate.templating.taint import Taint
from remediate.templating.values import end_like, is_template, templates_in, text_of

__all__ = ["Layer", "Scope", "Templar", "is_template", "variables_of"]

# Authors write some thousand templates; only a caller that makes new texts without end gets here.
_MOST_PROGRAMS = 20_000


class Templar:
    """Renders templates as Ansible does; one serves all hosts and threads, and keeps nothing of a host."""

    def __init__(
        self,
        *,
        basedir: Path | None = None,
        controller: Controller = THIS_MACHINE,
        derived: Derived | None = None,
    ) -> None:
        """Begin with nothing compiled.

        Args:
            basedir: where relative paths of `lookup('file')` start (the playbook's directory).
            controller: where files and the environment are looked up.
            derived: the secrets, and where to put what templates make of them.
        """
        self._basedir = basedir
        self._controller = controller
        self._environment = Sandbox(self._look_up, None if derived is None else Taint(derived))
        # Two threads may compile the same text at once: the programs are alike, so no lock is needed.
        self._programs: dict[tuple[Kind, str], Program] = {}

    def render(self, value: Any, scope: Scope) -> Any:
        """`value` with every template in it rendered; one that is a single `{{ }}` keeps its type.

        Raises:
            UndefinedVariable: if a variable that is used is not set.
            TemplateError: if a template fails otherwise, or all that is left is `omit`.
            UnknownUntilApplied: if the result needs something unknown.
        """
        if isinstance(value, str) and not is_template(value):
            return value
        rendered = self._evaluation(scope).render(value)
        if rendered is OMIT:
            raise TemplateError("the value is `omit`, where one is needed", cure="give it a default value")
        return rendered

    def condition(self, expression: str | bool, scope: Scope) -> bool:
        """Whether a condition (`when`, `until`, ...) holds; it is an expression without `{{ }}`.

        Raises:
            TemplateError: if it fails, or its result is neither true nor false.
            UnknownUntilApplied: if it needs something unknown.
        """
        if isinstance(expression, bool):
            return expression
        if not isinstance(expression, str) or not expression.strip():
            raise TemplateError(
                f"'{expression}' is not a condition", cure="write an expression, e.g. `x == 1`"
            )
        result = self._evaluation(scope).run(expression, "condition")
        if isinstance(result, bool):
            return result
        if type(result) is Unknown:
            raise UnknownUntilApplied(result.why)
        if isinstance(result, Missing):
            raise result.error()
        raise _no_verdict(expression, f"but of type '{type(result).__name__}'")

    def render_file(self, text: str, scope: Scope, file: str) -> str:
        """The text that a template file gives; backslashes in it mean what they mean in Jinja.

        A first line `#jinja2: ...` is not part of the text, but says how to read it.

        Raises:
            UndefinedVariable, TemplateError, UnknownUntilApplied: as `render`.
        """
        if not is_template(text) and not has_header(text):
            return text
        evaluation = self._evaluation(scope)
        try:
            return end_like(text, text_of(evaluation.run(text, "file")))
        except TemplateError as error:
            where = Place(file, evaluation.failing_line(text))
            raise type(error)(error.what, where=where, cure=error.cure) from error

    def shown(self) -> tuple[str, ...]:
        """The names of the secrets of which this thread has rendered too short a piece to be masked.

        Each is told once.
        """
        taint = self._environment.taint
        return () if taint is None else taint.shown()

    def show(self, names: Iterable[str]) -> None:
        """Note what `shown` told before: it belongs to what is rendered now."""
        if names and (taint := self._environment.taint) is not None:
            taint.show(names)

    def learn(self, values: Mapping[str, Any]) -> None:
        """What was rendered under names that say that it is secret is so from now on."""
        if (taint := self._environment.taint) is not None:
            for name, value in values.items():
                taint.learn(name, value)

    def steady(self) -> AbstractContextManager[None]:
        """As long as this holds, this thread takes for unknown what comes out otherwise each time."""
        return self._environment.fickle.refused()

    def check(self, value: Any) -> list[TemplateError]:
        """What is wrong with the templates in `value`, as far as it shows without evaluating them."""
        return [problem for source in templates_in(value) for problem in self._problems(source, "value")]

    def check_expression(self, expression: str) -> TemplateError | None:
        """What is wrong with an expression without `{{ }}`, as far as it shows without evaluating it."""
        if not expression.strip():
            return TemplateError("an empty text is no expression", cure="write one, e.g. `x == 1`")
        return next(iter(self._problems(expression, "condition")), None)

    def check_condition(self, expression: str) -> TemplateError | None:
        """What is wrong with a condition, as far as it shows without evaluating it."""
        problem = self.check_expression(expression)
        if problem is None and never_boolean(parse(self._environment, expression, "condition")):
            return _no_verdict(expression, "whatever its variables are")
        return problem

    def _problems(self, source: str, kind: Kind) -> Sequence[TemplateError]:
        try:
            return list(problems(self._environment, parse(self._environment, source, kind)))
        except TemplateError as error:
            return [error]

    def _evaluation(self, scope: Scope) -> Evaluation:
        return Evaluation(self._environment, self._program, scope)

    def _program(self, source: str, kind: Kind) -> Program:
        program = self._programs.get((kind, source))
        if program is None:
            program = compile_template(self._environment, source, kind)
            if len(self._programs) >= _MOST_PROGRAMS:
                self._programs.clear()
            self._programs[kind, source] = program
        return program

    def _look_up(
        self, context: Context, name: str, terms: Sequence[Any], options: Mapping[str, Any]
    ) -> list[Any]:
        assert isinstance(context, ScopeContext)  # noqa: S101 - the sandbox makes no others
        around = Surroundings(context.variables.variable, self._basedir, self._controller)
        return find(name, terms, options, around)


def _no_verdict(expression: str, why: str) -> TemplateError:
    return TemplateError(
        f"the condition `{expression}` is neither true nor false, {why}",
        cure="compare it, e.g. `... | length > 0`, `... is defined` or `... | bool`",
    )


def variables_of(value: Any) -> frozenset[str]:
    """The variables that the templates in `value` name; those with a mistake in them name none."""
    return frozenset().union(*map(_variables_in, templates_in(value)))


@lru_cache(maxsize=_MOST_PROGRAMS)
def _variables_in(source: str) -> frozenset[str]:
    sandbox = _bare_sandbox()
    try:
        return frozenset(meta.find_undeclared_variables(sandbox.parse(source)) - sandbox.globals.keys())
    except (jinja2.TemplateError, RecursionError):
        return frozenset()


@cache
def _bare_sandbox() -> Sandbox:
    return Sandbox(lambda _context, _name, _terms, _options: [])
