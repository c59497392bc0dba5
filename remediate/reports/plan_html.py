"""A plan as one page for those who decide on it: it needs no network, no scripts and no other file."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from remediate.reports.plan_matrix import Cell, matrices
from remediate.reports.plan_view import AFTER_APPLY, LEFT_OUT, NEEDS_PERSON, NO_UNDO, PROVISIONAL, PlanView
from remediate.reports.plan_words import IDLE, Kind, Sign, counted, named

_FIRST_GROUPS = 12
"""Groups of a task that are shown; those beyond are folded once more."""

_CLASSES: dict[Kind, str] = {
    "adds": "add",
    "changes": "change",
    "removes": "remove",
    "waits": "wait",
    "needs a person": "person",
    "known after apply": "later",
    "failed": "failed",
    "unreachable": "failed",
    "nothing to do": "none",
    "skipped": "skipped",
    "not run": "absent",
}
"""The class that gives a kind its colour and its sign."""

_SIGNS: dict[Sign, str] = {"+": "add", "~": "change", "-": "remove", "": "wait"}
_TONES = {
    NO_UNDO: "remove",
    NEEDS_PERSON: "person",
    AFTER_APPLY: "later",
    PROVISIONAL: "later",
    LEFT_OUT: "failed",
}


def page(view: PlanView) -> str:
    """The whole page. Every text of the plan is escaped, and the page forbids itself to load anything."""
    style = _own("plan.css")
    return _template().render(
        view=view,
        style=Markup(style),  # noqa: S704  a file of this package
        style_sum=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        matrices=matrices,
        tones=_TONES,
        signs=_SIGNS,
        classes=_CLASSES,
        kinds=IDLE,
        counted=counted,
        named=named,
        first_groups=_FIRST_GROUPS,
    )


def _own(name: str) -> str:
    return (files("remediate.reports") / name).read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters.update(lines=_lines, cell=_cell)
    return environment.from_string(_own("plan.html.j2"))


def _lines(diff: str) -> Markup:
    """A diff with its added and removed lines marked as such, for eyes and for screen readers."""
    tags = {"+": "ins", "-": "del", "@": "em"}
    marked = []
    for sign, lines in groupby(diff.removesuffix("\n").split("\n"), key=lambda line: line[:1]):
        text = escape("\n".join(lines) + "\n")
        tag = tags.get(sign)
        marked.append(Markup(f"<{tag}>{text}</{tag}>") if tag else text)  # noqa: S704  escaped above
    return Markup("").join(marked)


def _cell(cell: Cell) -> Markup:
    names = [_CLASSES[cell.kind], "maybe" if cell.provisional else "", "good" if cell.for_good else ""]
    return Markup('<td class="{}"><i>{}</i></td>').format(" ".join(filter(None, names)), cell.words)
