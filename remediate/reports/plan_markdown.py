"""A plan as Markdown for a ticket; what comes from elsewhere stands in code, where none of it is markup."""

from collections.abc import Iterator, Sequence

from remediate.reports.markdown import BAR, code, fence, prose
from remediate.reports.plan_folding import Alike, FoldedTask
from remediate.reports.plan_view import PlanView
from remediate.reports.plan_words import IDLE, SIGNS
from remediate.reports.words import counted, named


def markdown(view: PlanView) -> str:
    """The whole plan as one text."""
    blocks = [f"# Change plan: {prose(view.title)}", f"**{prose(view.figures.sentence())}**", _about(view)]
    blocks += _risks(view)
    for play in view.plays:
        blocks.append(f"## Play: {prose(play.name)} ({counted(len(play.hosts), 'host')})")
        for task in play.tasks:
            if task.telling:
                blocks += _task(task, play.hosts)
        silent = sum(1 for task in play.tasks if not task.telling)
        if silent:
            blocks.append(f"{counted(silent, 'task')} with nothing to do on any host.")
    return "\n\n".join(blocks) + "\n"


def _about(view: PlanView) -> str:
    rows = [("Identity", view.identity), *view.about]
    lines = [f"| {label} | {code(text).replace('|', BAR)} |" for label, text in rows]
    return "\n".join(["| The plan | |", "| --- | --- |", *lines])


def _risks(view: PlanView) -> Iterator[str]:
    if view.risks or view.warnings:
        yield "## Risks"
    for title, risks in view.risks:
        yield f"### {title}"
        lines = []
        for risk in risks:
            why = f": {code(risk.why)}" if risk.why else ""
            lines.append(f"- {code(risk.what)}{why}; on {code(named(risk.hosts, view.all_hosts))}")
        yield "\n".join(lines)
    if view.warnings:
        yield "### Warnings"
        yield "\n".join(f"- {code(warning)}" for warning in view.warnings)


def _task(task: FoldedTask, hosts: Sequence[str]) -> Iterator[str]:
    yield f"### Task: {prose(task.name)}"
    yield f"{code(task.module)}, {code(task.place)}"
    for group in task.telling:
        yield from _group(group, hosts)
    rest = [f"{kind} on {counted(task.idle(kind), 'host')}" for kind in IDLE if task.idle(kind)]
    if rest:
        yield f"{'; '.join(rest)}.".capitalize()


def _group(group: Alike, hosts: Sequence[str]) -> Iterator[str]:
    yield f"#### {code(SIGNS[group.kind])} {group.headline}"
    yield f"Hosts: {code(named(group.hosts, hosts))}"
    if group.message:
        yield fence(group.message)
    for change in group.changes:
        yield f"{code(change.sign or SIGNS['waits'])} {code(change.summary)}"
        if change.diff:
            yield fence(change.diff, "diff")
        if change.no_undo:
            yield f"**Cannot be undone:** {code(change.no_undo)}"
