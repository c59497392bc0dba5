"""A plan on a terminal: risks first, then each task with the hosts of the same change folded."""

import sys
from collections.abc import Iterator
from typing import IO

from rich.console import Console
from rich.text import Text

from remediate.reports.plan_folding import Alike, FoldedTask
from remediate.reports.plan_view import PlanView
from remediate.reports.plan_words import IDLE, SIGNS, Kind
from remediate.reports.words import counted, named

_COLOURS: dict[Kind, str] = {
    "adds": "green",
    "changes": "yellow",
    "removes": "red",
    "needs a person": "bold yellow",
    "known after apply": "magenta",
    "failed": "bold red",
    "unreachable": "bold red",
}
_DIFF = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}


def print_plan(view: PlanView, out: IO[str] | None = None) -> None:
    """Print it, in colour where the output is a terminal."""
    console = Console(file=out or sys.stdout, highlight=False, soft_wrap=True, emoji=False)
    for line in plan_lines(view):
        console.print(line)


def plan_lines(view: PlanView) -> Iterator[Text]:
    """The plan line by line, each with its colour."""
    yield Text(f"Change plan: {view.title}", style="bold")
    yield from _about(view)
    yield from _risks(view)
    for play in view.plays:
        yield Text(f"\nPLAY {play.name} ({counted(len(play.hosts), 'host')})", style="bold")
        for task in play.tasks:
            if task.telling:
                yield from _task(task, play.hosts)
        silent = sum(1 for task in play.tasks if not task.telling)
        if silent:
            yield Text(f"\n  {counted(silent, 'task')} with nothing to do on any host", style="dim")
    yield Text("")
    yield Text(view.figures.sentence(), style="bold")


def _about(view: PlanView) -> Iterator[Text]:
    rows = [("Identity", view.identity), *view.about]
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        yield Text(f"  {label:<{width}}  {text}")


def _risks(view: PlanView) -> Iterator[Text]:
    for title, risks in view.risks:
        yield Text(f"\n{title}:", style="bold red")
        for risk in risks:
            why = f": {risk.why}" if risk.why else ""
            yield Text(f"  {risk.what}{why}")
            yield Text(f"    on {named(risk.hosts, view.all_hosts)}", style="dim")
    if view.warnings:
        yield Text("\nWarnings:", style="bold yellow")
        yield from (Text(f"  {warning}") for warning in view.warnings)


def _task(task: FoldedTask, hosts: tuple[str, ...]) -> Iterator[Text]:
    yield Text(f"\n  TASK {task.name}  ", style="bold").append(f"{task.module}, {task.place}", style="dim")
    for group in task.telling:
        yield from _group(group, hosts)
    rest = [f"{kind} on {counted(task.idle(kind), 'host')}" for kind in IDLE if task.idle(kind)]
    if rest:
        yield Text(f"  . {'; '.join(rest)}", style="dim")


def _group(group: Alike, hosts: tuple[str, ...]) -> Iterator[Text]:
    colour = _COLOURS.get(group.kind, "")
    yield Text(f"  {SIGNS[group.kind]} {group.headline}: ", style=colour).append(named(group.hosts, hosts))
    for line in group.message.split("\n") if group.message else ():
        yield Text(f"      {line}", style="italic")
    for change in group.changes:
        yield Text(f"    {change.sign or SIGNS['waits']} {change.summary}")
        for line in change.diff.removesuffix("\n").split("\n") if change.diff else ():
            yield Text(f"        {line}", style=_DIFF.get(line[:1], ""))
        if change.no_undo:
            yield Text(f"      cannot be undone: {change.no_undo}", style="bold red")
