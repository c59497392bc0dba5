"""A plan as one page for those who decide on it: it needs no network, no scripts and no other file."""

from markupsafe import Markup

from remediate.reports.html import rendered
from remediate.reports.plan_matrix import Cell, matrices
from remediate.reports.plan_view import AFTER_APPLY, LEFT_OUT, NEEDS_PERSON, NO_UNDO, PROVISIONAL, PlanView
from remediate.reports.plan_words import IDLE, Kind, Sign
from remediate.reports.words import counted, named

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
    return rendered(
        "plan.html.j2",
        styles=("page.css", "plan.css"),
        view=view,
        matrices=matrices,
        tones=_TONES,
        signs=_SIGNS,
        classes=_CLASSES,
        kinds=IDLE,
        counted=counted,
        named=named,
        drawn=_drawn,
        first_groups=_FIRST_GROUPS,
    )


def _drawn(cell: Cell) -> Markup:
    names = [_CLASSES[cell.kind], "maybe" if cell.provisional else "", "good" if cell.for_good else ""]
    return Markup('<td class="{}"><i>{}</i></td>').format(" ".join(filter(None, names)), cell.words)
