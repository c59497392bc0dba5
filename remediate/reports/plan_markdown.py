"""A plan as Markdown for a ticket; what comes from elsewhere stands in code, where none of it is markup."""

import re
from collections.abc import Iterator, Sequence

from remediate.reports.plan_folding import Alike, FoldedTask
from remediate.reports.plan_view import PlanView
from remediate.reports.plan_words import IDLE, SIGNS, counted, named, one_line

_MARKUP = re.compile(r"([\\`*_\[\]~|$#@!])")
_BAR = "\\|"
"""A bar in a table, where it ends no cell; also in code."""

_ENTITIES = {"&": "&amp;", "<": "&lt;"}


def markdown(view: PlanView) -> str:
    """The whole plan as one text."""
    blocks = [f"# Change plan: {_prose(view.title)}", f"**{_prose(view.figures.sentence())}**", _about(view)]
    blocks += _risks(view)
    for play in view.plays:
        blocks.append(f"## Play: {_prose(play.name)} ({counted(len(play.hosts), 'host')})")
        for task in play.tasks:
            if task.telling:
                blocks += _task(task, play.hosts)
        silent = sum(1 for task in play.tasks if not task.telling)
        if silent:
            blocks.append(f"{counted(silent, 'task')} with nothing to do on any host.")
    return "\n\n".join(blocks) + "\n"


def _about(view: PlanView) -> str:
    rows = [("Identity", view.identity), *view.about]
    lines = [f"| {label} | {_code(text).replace('|', _BAR)} |" for label, text in rows]
    return "\n".join(["| The plan | |", "| --- | --- |", *lines])


def _risks(view: PlanView) -> Iterator[str]:
    if view.risks or view.warnings:
        yield "## Risks"
    for title, risks in view.risks:
        yield f"### {title}"
        lines = []
        for risk in risks:
            why = f": {_code(risk.why)}" if risk.why else ""
            lines.append(f"- {_code(risk.what)}{why}; on {_code(named(risk.hosts, view.all_hosts))}")
        yield "\n".join(lines)
    if view.warnings:
        yield "### Warnings"
        yield "\n".join(f"- {_code(warning)}" for warning in view.warnings)


def _task(task: FoldedTask, hosts: Sequence[str]) -> Iterator[str]:
    yield f"### Task: {_prose(task.name)}"
    yield f"{_code(task.module)}, {_code(task.place)}"
    for group in task.telling:
        yield from _group(group, hosts)
    rest = [f"{kind} on {counted(task.idle(kind), 'host')}" for kind in IDLE if task.idle(kind)]
    if rest:
        yield f"{'; '.join(rest)}.".capitalize()


def _group(group: Alike, hosts: Sequence[str]) -> Iterator[str]:
    yield f"#### {_code(SIGNS[group.kind])} {group.headline}"
    yield f"Hosts: {_code(named(group.hosts, hosts))}"
    if group.message:
        yield _fence(group.message)
    for change in group.changes:
        yield f"{_code(change.sign or SIGNS['waits'])} {_code(change.summary)}"
        if change.diff:
            yield _fence(change.diff, "diff")
        if change.no_undo:
            yield f"**Cannot be undone:** {_code(change.no_undo)}"


def _prose(text: str) -> str:
    """The text as it is, in one line: none of it is markup."""
    escaped = _MARKUP.sub(r"\\\1", one_line(text))
    return re.sub("[&<]", lambda found: _ENTITIES[found[0]], escaped)


def _code(text: str) -> str:
    """The text as code within a line, behind more backticks than any run of them in it."""
    line = one_line(text) or " "
    marks = "`" * (_longest_run(line) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{blank}{line}{blank}{marks}"


def _fence(text: str, language: str = "") -> str:
    """The text as a block of code that no line of it can end."""
    marks = "`" * max(3, _longest_run(text) + 1)
    body = text.removesuffix("\n")
    return f"{marks}{language}\n{body}\n{marks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
