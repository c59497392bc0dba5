"""What every page is made with: one file that needs no network, and is allowed to load nothing."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape


def rendered(template: str, *, styles: tuple[str, ...], script: str = "", **values: Any) -> str:
    """The page that a template of this room makes; every text of `values` is escaped.

    The template gets `style` and `script`, and the sums by which alone its policy admits them.
    """
    style = "".join(map(_own, styles))
    code = _own(script) if script else ""
    return (
        _environment()
        .from_string(_own(template))
        .render(
            style=Markup(style),  # noqa: S704  files of this package
            style_sum=_sum(style),
            script=Markup(code),  # noqa: S704
            script_sum=_sum(code),
            **values,
        )
    )


def _own(name: str) -> str:
    return (files("remediate.reports") / name).read_text("utf-8")


def _sum(text: str) -> str:
    """As a content security policy names what it admits."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["lines"] = _lines
    return environment


def _lines(diff: str) -> Markup:
    """A diff with its added and removed lines marked as such, for eyes and for screen readers."""
    tags = {"+": "ins", "-": "del", "@": "em"}
    marked = []
    for sign, lines in groupby(diff.removesuffix("\n").split("\n"), key=lambda line: line[:1]):
        text = escape("\n".join(lines) + "\n")
        tag = tags.get(sign)
        marked.append(Markup(f"<{tag}>{text}</{tag}>") if tag else text)  # noqa: S704  escaped above
    return Markup("").join(marked)
