"""Stand-ins for the catalog of modules and for the templates, as small as the checks need them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from remediate.errors import TemplateError

MODULES = ("assert", "command", "copy", "debug", "fail", "pause", "set_fact", "shell")


class Catalog:
    """Knows that copy needs `dest` and takes `src`, `dest` and `mode`; says nothing of other modules."""

    def names(self) -> Collection[str]:
        return MODULES

    def reads(self, module: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        yield from ()

    def check(self, module: str, params: Mapping[str, Any]) -> list[tuple[str | None, str, str | None]]:
        if module != "copy":
            return []
        unknown = [name for name in params if name not in {"src", "dest", "mode"}]
        found: list[tuple[str | None, str, str | None]] = [
            (name, f"unknown parameter '{name}'", "a cure") for name in unknown
        ]
        return found if "dest" in params else [*found, (None, "'dest' is missing", None)]


class Checker:
    """Finds fault with a template that is left open, and with an expression that ends in an operator."""

    def check(self, value: Any) -> list[TemplateError]:
        if isinstance(value, Mapping):
            return [what for item in value.values() for what in self.check(item)]
        if isinstance(value, list):
            return [what for item in value for what in self.check(item)]
        if isinstance(value, str) and value.count("{{") != value.count("}}"):
            return [TemplateError("the template is left open")]
        return []

    def check_expression(self, expression: str) -> TemplateError | None:
        return TemplateError("the expression ends too early") if expression.endswith("==") else None

    check_condition = check_expression
