"""From the text of a template to something that runs, and what can be said of it before it runs."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from remediate.errors import TemplateError
from remediate.spelling import nearest
from remediate.templating.environment import Sandbox
from remediate.templating.header import has_header, read_by_header
from remediate.templating.lookups import LOOKUPS, no_such_lookup
from remediate.templating.values import has_template

Kind = Literal["value", "file", "condition"]
_NEVER_BOOLEAN = (
    *(nodes.List, nodes.Tuple, nodes.Dict, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
)
_NEVER_BOOLEAN_FILTERS = frozenset(
    {"count", "float", "int", "join", "length", "list", "lower", "replace", "sort", "string", "trim", "upper"}
)
_LOADING = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Named(NamedTuple):
    """A variable's value as a piece of a template's output."""

    name: str


Pieces = tuple[str | Named, ...]
"""All that a template gives, where that is text and values of variables alone: it needs no Jinja then."""
Program = Pieces | jinja2.Template
"""A template that can be run again and again."""


def compile_template(environment: Sandbox, source: str, kind: Kind) -> Program:
    """The program of a template.

    Raises:
        TemplateError: if it is not valid, or asks for something that is not there.
    """
    tree = parse(environment, source, kind)
    for problem in problems(environment, tree):
        raise TemplateError(problem.what + _excerpt(source), cure=problem.cure)
    return _pieces(tree) or jinja2.Template.from_code(environment, environment.compile(tree), {})


def _pieces(tree: nodes.Template) -> Pieces:
    """No pieces at all if it is anything else, or empty."""
    found: list[str | Named] = []
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if isinstance(node, nodes.TemplateData):
                found.append(node.data)
            elif isinstance(node, nodes.Name) and node.name != "self":
                found.append(Named(node.name))
            else:
                return ()
    return tuple(found)


def parse(environment: Sandbox, source: str, kind: Kind) -> nodes.Template:
    """The syntax tree of a template.

    Raises:
        TemplateError: if it is not valid.
    """
    try:
        if kind == "condition":
            tree = _parse_condition(environment, source)
        elif kind == "file":
            reader, text = read_by_header(environment, source)
            tree = reader.parse(text)
        else:
            tree = environment.parse(_literal_backslashes(environment, source))
        _GuardedOperators().visit(tree)
        if environment.taint is not None:
            _WatchedSteps().visit(tree)
        tree.set_environment(environment)
    except jinja2.TemplateSyntaxError as error:
        number = error.lineno + (kind == "file" and has_header(source))
        line = f" (line {number})" if "\n" in source.strip() else ""
        cure = "look at quotes, brackets and operators"
        if kind == "condition" and ("{{" in source or "{%" in source):
            cure = "leave the template delimiters out: a condition is an expression already"
        raise TemplateError(
            f"not valid Jinja: {str(error.message).rstrip('.')}{line}{_excerpt(source)}", cure=cure
        ) from None
    except RecursionError:
        raise TemplateError(
            f"nested too deeply{_excerpt(source)}", cure="take parts of it into variables of their own"
        ) from None
    return tree


def problems(environment: Sandbox, tree: nodes.Template) -> Iterator[TemplateError]:
    """What a template asks for that is not there."""
    for found in tree.find_all((nodes.Filter, nodes.Test, nodes.Call, *_LOADING)):
        if isinstance(found, nodes.Filter) and found.name not in environment.filters:
            yield _no_such("filter", found.name, environment.filters)
        elif isinstance(found, nodes.Test) and found.name not in environment.tests:
            yield _no_such("test", found.name, environment.tests)
        elif isinstance(found, nodes.Call):
            name = _lookup_name(found)
            if name is not None and name not in LOOKUPS:
                yield no_such_lookup(name)
        elif isinstance(found, _LOADING):
            yield TemplateError(
                f"'{type(found).__name__.lower()}' is not supported: a template is one text",
                cure="write what it would bring in into this text",
            )


def never_boolean(tree: nodes.Template) -> bool:
    """Whether a condition gives a number, a text or a list, whatever its variables are."""
    (output,) = tree.body
    assert isinstance(output, nodes.Output)  # noqa: S101 - so does `parse` make it
    (result,) = output.nodes
    if isinstance(result, nodes.Const):
        return not isinstance(result.value, bool)
    if isinstance(result, nodes.Filter):
        return result.name in _NEVER_BOOLEAN_FILTERS
    return isinstance(result, _NEVER_BOOLEAN)


def _no_such(kind: str, name: str, known: Iterable[str]) -> TemplateError:
    cure = nearest(name, known) or f"look into Jinja's and Ansible's documentation for a {kind} that does it"
    return TemplateError(f"No {kind} named '{name}'", cure=cure)


def _lookup_name(call: nodes.Call) -> str | None:
    target = call.node
    if not (isinstance(target, nodes.Name) and target.name in ("lookup", "query", "q") and call.args):
        return None
    first = call.args[0]
    return first.value if isinstance(first, nodes.Const) and isinstance(first.value, str) else None


def _literal_backslashes(environment: Sandbox, source: str) -> str:
    """The source with backslashes doubled in the strings of `{{ }}`, where Ansible takes them literally."""
    if "\\" not in source or "{{" not in source:
        return source
    text: list[str] = []
    inside = False
    for _line, kind, token in environment.lexer.tokeniter(source, None):
        if kind in ("variable_begin", "variable_end"):
            inside = kind == "variable_begin"
        text.append(_escape(token) if inside and kind == "string" and "\\" in token else token)
    # The lexer drops the last line end, and will do so again when it reads what is made here.
    return "".join(text) + ("\n" if source.endswith("\n") else "")


def _escape(string: str) -> str:
    mark = string[0]
    # A quote inside the string stands behind a backslash, which is literal as well: both need one now.
    return mark + re.sub(rf"[\\{mark}]", r"\\\g<0>", string[1:-1]) + mark


def _parse_condition(environment: Sandbox, source: str) -> nodes.Template:
    text = source.strip()
    if text.startswith("{{") and text.endswith("}}"):
        text = text[2:-2].strip()
    parser = Parser(environment, text, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        parser.fail("the expression ends before the text does")
    tree = nodes.Template([nodes.Output([expression], lineno=1)], lineno=1)
    _EmbeddedTemplates(environment).visit(tree)
    return tree


class _GuardedOperators(NodeTransformer):
    """Makes `in` a test and `~` a filter: the sandbox sees what goes into those, but not into operators."""

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802 - the visitor's name for it
        self.generic_visit(node)
        if len(node.ops) != 1 or node.ops[0].op not in ("in", "notin"):
            return node
        test = nodes.Test(node.expr, "in", [node.ops[0].expr], [], None, None, lineno=node.lineno)
        return test if node.ops[0].op == "in" else nodes.Not(test, lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "join", [], [], None, None, lineno=node.lineno)


class _WatchedSteps(NodeTransformer):
    """Makes filters of parts of texts and of loops: what they do to secrets is seen by the sandbox then."""

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802 - the visitor's name for it
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        ends = [each or nodes.Const(None) for each in (node.arg.start, node.arg.stop, node.arg.step)]
        return nodes.Filter(node.node, "[:]", ends, [], None, None, lineno=node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "for", [], [], None, None, lineno=node.lineno)
        return node


class _EmbeddedTemplates(NodeTransformer):
    """Makes the templates in a condition's string constants part of the condition, as Ansible does.

    Only what the author wrote as a constant is parsed, once, before any value is known.
    """

    def __init__(self, environment: Sandbox) -> None:
        self.environment = environment

    def visit_Const(self, node: nodes.Const) -> nodes.Expr:  # noqa: N802 - the visitor's name for it
        if not (isinstance(node.value, str) and has_template(node.value)):
            return node
        parts: list[nodes.Expr] = []
        for part in self.environment.parse(node.value).body:
            if not isinstance(part, nodes.Output):
                raise jinja2.TemplateSyntaxError("only {{ }} may stand inside a string", node.lineno)
            parts += [
                nodes.Const(piece.data) if isinstance(piece, nodes.TemplateData) else piece
                for piece in part.nodes
            ]
        return parts[0] if len(parts) == 1 else nodes.Concat(parts)


def _excerpt(source: str) -> str:
    line = " ".join(source.split())
    return f", in `{line if len(line) <= 80 else line[:77] + '...'}`"
