"""One rendering: looks variables up, renders those the author wrote as templates, each at most once."""

from collections.abc import Callable, Mapping
from traceback import walk_tb
from types import GeneratorType
from typing import Any, cast

import jinja2
from jinja2.utils import missing

from remediate.answers import Unknown
from remediate.errors import TemplateError, UndefinedVariable, UnknownUntilApplied
from remediate.templating.absent import OMIT, Missing
from remediate.templating.environment import Sandbox, ScopeContext
from remediate.templating.header import has_header
from remediate.templating.programs import Kind, Named, Program, parse
from remediate.templating.scope import Scope
from remediate.templating.values import end_like, has_template, is_template, join, plain, text_of


class Evaluation:
    """The variables of one scope while one value is rendered.

    A variable whose template fails becomes a `Missing`, one that needs an unknown answer an `Unknown`: a
    template may name what it does not use in the end, and a dict may hold a leaf that nobody asks for.
    """

    def __init__(self, environment: Sandbox, programs: Callable[[str, Kind], Program], scope: Scope) -> None:
        self._environment = environment
        self._programs = programs
        self._layers = scope.layers
        self._values: dict[str, Any] = {}
        self._under_way: set[str] = set()
        self._reentries = 0

    def variable(self, name: str) -> Any:
        """The value of a variable, or Jinja's `missing`."""
        if name in self._values:
            if name in self._under_way:
                self._reentries += 1
            return self._values[name]
        for layer in self._layers:
            if name in layer.values:
                raw = layer.values[name]
                value = raw if layer.rendered else self._author(name, raw)
                break
        else:
            return missing
        return value

    def run(self, source: str, kind: Kind) -> Any:
        """What a template gives, before it is made plain data.

        Raises:
            TemplateError: if it fails.
            UnknownUntilApplied: if it uses something unknown.
        """
        program = self._programs(source, kind)
        try:
            parts = self._output(program)
            result = join(parts)
        except (UnknownUntilApplied, TemplateError):
            raise
        except Exception as error:
            raise _as_template_error(error, source) from error
        if self._environment.taint is not None:
            self._environment.taint.put_together(parts if len(parts) > 1 else ())
        return end_like(source, result) if type(result) is str else result

    def _output(self, program: Program) -> list[Any]:
        if isinstance(program, tuple):
            return [*map(self._piece, program)]
        return [*program.root_render_func(self._context(program))]

    def _context(self, program: jinja2.Template) -> ScopeContext:
        context = ScopeContext(self._environment, {}, None, program.blocks)
        context.variables = self
        return context

    def failing_line(self, source: str) -> int:
        """On which line a template file fails, found by rendering it once more; 0 if nothing tells."""
        at = 0
        try:
            tree = parse(self._environment, source, "file")
            program = jinja2.Template.from_code(self._environment, self._environment.compile(tree), {})
        except TemplateError:  # its message has the line
            return 0
        try:
            pieces = cast("GeneratorType[Any, None, None]", program.root_render_func(self._context(program)))
            for piece in pieces:
                at = pieces.gi_frame.f_lineno if pieces.gi_frame is not None else 0
                text_of(piece)
        except Exception as error:
            for frame, line in walk_tb(error.__traceback__):
                at = line if frame.f_globals is program.root_render_func.__globals__ else at
        return program.get_corresponding_lineno(at) + has_header(source) if at else 0

    def _piece(self, piece: str | Named) -> Any:
        """What a piece gives, as Jinja looks names up."""
        if isinstance(piece, str):
            return piece
        found = self.variable(piece.name)
        if found is missing:
            found = self._environment.globals.get(piece.name, missing)
        return self._environment.undefined(name=piece.name) if found is missing else found

    def render(self, value: Any) -> Any:
        """`value` with all its templates rendered, as plain data; `OMIT` if that is all that is left.

        Raises:
            TemplateError: if a template fails, or something in the result is missing.
            UnknownUntilApplied: if something in the result is unknown.
        """
        if isinstance(value, str):
            return self._left(self.run(value, "value")) if has_template(value) else value
        if isinstance(value, dict | Mapping):  # nearly all are dicts, and to ask for that takes less time
            pairs = ((key, self.render(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not OMIT}
        if isinstance(value, (list, tuple)):
            return [item for item in map(self.render, value) if item is not OMIT]
        return plain(value, strict=True)

    def _left(self, value: Any) -> Any:
        if self._environment.taint is not None:
            self._environment.taint.leave(value)
        return plain(value, strict=True)

    def _author(self, name: str, raw: Any) -> Any:
        if not is_template(raw):
            self._values[name] = raw
            return raw
        reentries = self._reentries
        self._under_way.add(name)
        try:
            if isinstance(raw, str):
                self._values[name] = Missing(cause=_needs_itself(name))
                self._values[name] = self._attempt(name, raw)
            else:
                leaves: list[Callable[[], Any]] = []
                self._values[name] = self._shape(name, raw, leaves)
                for render_leaf in leaves:
                    render_leaf()
        finally:
            self._under_way.discard(name)
        value = self._values[name]
        if self._environment.taint is not None:
            self._environment.taint.learn(name, value)
        if self._under_way and self._reentries != reentries:
            # It saw another variable half done, perhaps in a branch not taken: later it must be asked again.
            del self._values[name]
        return value

    def _shape(self, name: str, raw: Any, leaves: list[Callable[[], Any]]) -> Any:
        """The container with its templates still to be rendered, so that they may name their neighbours."""
        if isinstance(raw, Mapping):
            shaped_dict: dict[Any, Any] = {}
            for key, item in raw.items():
                self._place(name, shaped_dict, key, item, leaves)
            return shaped_dict
        shaped: list[Any] = [None] * len(raw)
        for position, item in enumerate(raw):
            self._place(name, shaped, position, item, leaves)
        return shaped

    def _place(self, name: str, holder: Any, key: Any, raw: Any, leaves: list[Callable[[], Any]]) -> None:
        if isinstance(raw, str) and has_template(raw):

            def render_leaf() -> Any:
                if holder[key] is waiting:
                    holder[key] = Missing(cause=_needs_itself(name))
                    holder[key] = self._attempt(name, raw)
                return holder[key]

            holder[key] = waiting = Missing(cause=_needs_itself(name), later=render_leaf)
            leaves.append(render_leaf)
        elif isinstance(raw, (Mapping, list, tuple)):
            holder[key] = self._shape(name, raw, leaves)
        else:
            holder[key] = raw

    def _attempt(self, name: str, source: str) -> Any:
        try:
            value = plain(self.run(source, "value"), strict=False)
            if not isinstance(value, Missing):
                return value
            error = value.error()
        except UnknownUntilApplied as unknown:
            return Unknown(unknown.why)
        except TemplateError as failure:
            error = failure
        return Missing(cause=_needed_by(error, name))


def _needs_itself(name: str) -> TemplateError:
    return TemplateError(f"the variable '{name}' needs itself", cure="break the circle")


def _needed_by(error: TemplateError, name: str) -> TemplateError:
    wrapped = type(error)(f"{error.what}, needed by '{name}'", where=error.where, cure=error.cure)
    wrapped.__cause__ = error
    return wrapped


def _as_template_error(error: Exception, source: str) -> TemplateError:
    if isinstance(error, jinja2.UndefinedError):
        return UndefinedVariable(str(error))
    if isinstance(error, RecursionError):
        return TemplateError("variables or macros call each other without end", cure="break the circle")
    line = " ".join(source.split())
    return TemplateError(
        f"{error or type(error).__name__}, in `{line if len(line) <= 80 else line[:77] + '...'}`"
    )
