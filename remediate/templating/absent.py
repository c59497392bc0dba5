"""What stands for a value that is not there: missing, broken, or taken away by `omit`."""

from collections.abc import Callable
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.utils import missing

from remediate.errors import TemplateError, UndefinedVariable


class Missing(StrictUndefined):
    """A value that is not there: it can be asked for and handed on, and fails when it is used.

    `cause` is set for a variable whose own template failed. It counts as undefined only if the cause is an
    undefined variable: any other failure must come out, even in `default` and `is defined`. `later` gives
    the value of a leaf that is not rendered yet.
    """

    __slots__ = ("cause", "later")

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
        *,
        cause: TemplateError | None = None,
        later: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(hint, obj, name)
        self.later = later
        if cause is None and issubclass(exc, SecurityError):
            cause = UndefinedVariable(str(hint))
        self.cause = cause
        # All of Undefined's operators raise what this gives.
        self._undefined_exception = self._refusal  # type: ignore[assignment]

    @property
    def broken(self) -> bool:
        """Whether this is a failure, and not merely undefined."""
        return self.cause is not None and not isinstance(self.cause, UndefinedVariable)

    def error(self) -> TemplateError:
        """What to raise when the value is used."""
        if self.cause is not None:
            return self.cause
        if self._undefined_hint:
            return UndefinedVariable(self._undefined_hint)
        if self._undefined_obj is missing:
            return UndefinedVariable(
                f"'{self._undefined_name}' is undefined", cure="set it in the inventory, in vars or with -e"
            )
        kind = type(self._undefined_obj).__name__
        if isinstance(self._undefined_name, str):
            return UndefinedVariable(f"object of type '{kind}' has no attribute '{self._undefined_name}'")
        return UndefinedVariable(f"object of type '{kind}' has no element {self._undefined_name!r}")

    def _refusal(self, _message: str) -> TemplateError:
        return self.error()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        return self


class Omitted:
    """The kind of `OMIT`: takes away the argument, key or item it stands for; renders empty inside a text."""

    __slots__ = ()

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "omit"


OMIT: Final = Omitted()


def is_undefined(value: Any) -> bool:
    """Whether there is no value; a value whose making failed raises its own error."""
    if isinstance(value, Missing) and value.broken:
        raise value.error()
    return isinstance(value, Undefined)
