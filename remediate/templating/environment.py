"""Jinja's sandbox with Ansible's vocabulary: native types, strict about everything that is not there."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from types import BuiltinMethodType
from typing import Any, Protocol

from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from remediate.answers import Unknown
from remediate.errors import TemplateError, UnknownUntilApplied
from remediate.templating import (
    filters_data,
    filters_format,
    filters_text,
    filters_value,
    lookups,
    tests,
)
from remediate.templating.absent import OMIT, Missing
from remediate.templating.fickle import Fickle
from remediate.templating.taint import Taint
from remediate.templating.values import join, plain, refuse_absent

# These look at what is not there instead of using it, or choose among values without using them.
_TAKE_MISSING = frozenset({"default", "d", "mandatory", "ternary", "defined", "undefined", "for", "[:]"})
_TAKE_UNKNOWN = frozenset({"default", "d", "ternary", "defined", "undefined", "for", "[:]"})
# These make text of whatever they get, and must not make text of what is not there yet.
_TEXT_FILTERS = """
    b64encode capitalize center checksum comment e escape forceescape format hash indent join lower md5 pprint
    quote regex_escape regex_findall regex_replace regex_search replace sha1 string striptags title to_uuid
    trim truncate upper urlencode urlize wordcount wordwrap
"""
_MAKE_TEXT = frozenset({*_TEXT_FILTERS.split(), "match", "regex", "search", "version"})
# Steps that the sandbox does not see become filters where secrets are watched.
_STEPS: dict[str, Callable[..., Any]] = {
    "for": lambda items: list(items) if isinstance(items, str) else items,
    "[:]": lambda items, start, stop, step: items[start:stop:step],
}
_LONGEST = 10_000_000  # characters or items that `*` may make, digits of what `**` may make


class Variables(Protocol):
    """Where a running template finds its variables."""

    def variable(self, name: str) -> Any:
        """The value of a variable, or Jinja's `missing`."""


class ScopeContext(Context):
    """What Jinja asks for a name: the template's own first, then the host's variables, then the functions."""

    variables: Variables

    def resolve_or_missing(self, key: str) -> Any:
        """The value of a name, or Jinja's `missing`."""
        if key in self.vars:
            return self.vars[key]
        found = self.variables.variable(key)
        return self.environment.globals.get(key, missing) if found is missing else found


class NativeCode(NativeCodeGenerator):
    """Keeps the types of constants, where Jinja's own generator makes text of them and guesses again."""

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return repr(join(group))


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every template; holds nothing of a host and is shared by all threads."""

    code_generator_class = NativeCode
    context_class = ScopeContext
    concat = staticmethod(join)
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self, look_up: lookups.LookUp, taint: Taint | None = None) -> None:
        super().__init__(trim_blocks=True, undefined=Missing)
        self.taint, self.fickle = taint, Fickle()
        if taint is not None:
            self.filters.update(_STEPS)
        for room in (filters_data, filters_format, filters_text, filters_value):
            self.filters.update(room.FILTERS)
        self.tests.update(tests.TESTS)
        vocabularies: tuple[tuple[dict[str, Any], str], ...] = (
            (self.filters, "filter"),
            (self.tests, "test"),
        )
        for functions, kind in vocabularies:
            for name, function in functions.items():
                functions[name] = _guard(name, self.fickle.watched(name, function), kind, taint)
        del self.globals["lipsum"]
        self.policies["json.dumps_function"] = filters_format.to_json
        self.globals |= {
            "omit": OMIT,
            "now": self.fickle.watched("now", filters_value.now),
            **lookups.functions(look_up),
        }

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`, as the sandbox allows it."""
        if type(obj) is Unknown:
            raise UnknownUntilApplied(obj.why)
        if isinstance(obj, Missing):
            return obj
        return _ready(super().getattr(obj, attribute))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """A call; methods of Python's own types get nothing that is missing or unknown."""
        if type(__obj) is BuiltinMethodType:
            args = tuple(plain(arg, strict=True) for arg in args)
        result = super().call(__context, __obj, *args, **kwargs)
        text = getattr(__obj, "__self__", None)
        return __self._made((text, *args, *kwargs.values()), result) if isinstance(text, str) else result

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """The sandbox's `str.format`, which gets nothing that is missing or unknown."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def checked(*args: Any, **kwargs: Any) -> str:
            texts: str = wrapped(*plain(list(args), strict=True), **plain(kwargs, strict=True))
            return str(self._made((value.__self__, *args, *kwargs.values()), texts))

        return checked

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An arithmetic operation; one that would fill the memory is refused."""
        refuse_absent(left)
        refuse_absent(right)
        if operator == "%" and isinstance(left, str):
            settled = plain(right, strict=True)
            right = tuple(settled) if isinstance(right, tuple) else settled
        if _size(operator, left, right) > _LONGEST:
            raise TemplateError(f"the result of '{operator}' would be too big")
        return self._made((left, right), super().call_binop(context, operator, left, right))

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """A sign."""
        return super().call_unop(context, operator, refuse_absent(arg))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`, as the sandbox allows it."""
        refuse_absent(argument)
        if type(obj) is Unknown:
            raise UnknownUntilApplied(obj.why)
        if isinstance(obj, Missing):
            return obj
        found = _ready(super().getitem(obj, argument))
        return self._made((obj,), found) if isinstance(obj, str) else found

    def _made(self, inputs: Sequence[Any], result: Any) -> Any:
        return result if self.taint is None else self.taint.made(inputs, result)


def _size(operator: str, left: Any, right: Any) -> int:
    if operator == "*":
        if isinstance(left, (str, list, tuple)) and isinstance(right, int):
            return len(left) * right
        if isinstance(right, (str, list, tuple)) and isinstance(left, int):
            return len(right) * left
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        return left.bit_length() * right
    return 0


def _ready(value: Any) -> Any:
    return value.later() if isinstance(value, Missing) and value.later is not None else value


def _guard(name: str, function: Callable[..., Any], kind: str, taint: Taint | None) -> Callable[..., Any]:
    """Refuses what is missing or unknown before the function takes it for a value; names it when it fails."""
    takes_missing, takes_unknown = name in _TAKE_MISSING, name in _TAKE_UNKNOWN
    subject = 1 if hasattr(function, "jinja_pass_arg") else 0
    called = function

    if name in _MAKE_TEXT:

        def called(*args: Any, **kwargs: Any) -> Any:
            settled = (plain(arg, strict=True) for arg in args[subject:])
            options = {key: plain(arg, strict=True) for key, arg in kwargs.items()}
            return function(*args[:subject], *settled, **options)

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not takes_unknown:
            for arg in (*args, *kwargs.values()) if kwargs else args:
                if type(arg) is Unknown:
                    raise UnknownUntilApplied(arg.why)
        if not takes_missing and len(args) > subject and isinstance(args[subject], Missing):
            raise args[subject].error()
        try:
            return called(*args, **kwargs) if taint is None else taint.step(name, called, args, kwargs)
        except (UnknownUntilApplied, TemplateError):
            raise
        except RecursionError:
            raise
        except Exception as error:
            raise TemplateError(f"the {kind} '{name}' failed: {error or type(error).__name__}") from error

    return guarded
