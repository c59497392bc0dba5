"""A report as Markdown for a ticket or a chat; what comes from elsewhere stands in code."""

from collections.abc import Iterator

from remediate.reports.fleet_view import (
    QUIET,
    SIGNS,
    WORDS,
    Changed,
    FleetView,
    HostView,
    Told,
    Trend,
    Unseen,
    measured,
    moment,
)
from remediate.reports.markdown import BAR, code, fence, prose
from remediate.reports.words import clipped, counted

_MOST_HOSTS = 200
"""Hosts that are told of one by one; a ticket takes no more."""

_MOST_CHANGES = 200


def as_markdown(view: FleetView) -> str:
    """The report without what is well: what changed, and of each host what is to be told."""
    blocks = [f"# {prose(view.title)}", f"**{prose(view.sentence())}**", _about(view)]
    blocks += _changes(view)
    blocks += _unseen(view)
    telling = [host for host in view.hosts if host.has_story]
    if telling:
        blocks.append("## Hosts")
    for host in telling[:_MOST_HOSTS]:
        blocks += _host(view, host)
    if len(telling) > _MOST_HOSTS:
        blocks.append(f"… and {counted(len(telling) - _MOST_HOSTS, 'more host')}.")
    if view.trends:
        blocks += ["## Trends", "\n".join(_trend(trend) for trend in view.trends)]
    return "\n\n".join(blocks) + "\n"


def _about(view: FleetView) -> str:
    lines = [f"| {label} | {code(text).replace('|', BAR)} |" for label, text in view.about]
    return "\n".join(["| The report | |", "| --- | --- |", *lines])


def _changes(view: FleetView) -> Iterator[str]:
    yield "## What changed"
    if not view.changes:
        yield "Nothing is new, and nothing fixed."
        return
    more = len(view.changes) - _MOST_CHANGES
    lines = [_change(each) for each in view.changes[:_MOST_CHANGES]]
    yield "\n".join([*lines, *([f"- … and {more:,} more"] if more > 0 else [])])


def _change(each: Changed) -> str:
    says = f": {code(clipped(each.cell.message))}" if each.cell.message and each.cell.state != "ok" else ""
    return f"- **{each.cell.change}** {code(each.host)}, {code(each.check)}: {WORDS[each.cell.state]}{says}"


def _unseen(view: FleetView) -> Iterator[str]:
    if not view.unseen:
        return
    yield "## Not looked at this time"
    more = len(view.unseen) - _MOST_HOSTS
    lines = [f"- {code(each.host)}, {each.why}; {_last(each)}" for each in view.unseen[:_MOST_HOSTS]]
    yield "\n".join([*lines, *([f"- … and {counted(more, 'more host')}"] if more > 0 else [])])


def _last(each: Unseen) -> str:
    told = [
        f"{code(check)}: was {WORDS[cell.state]}" + (f" since {moment(cell.since)}" if cell.since else "")
        for check, cell in each.bad
    ]
    return ", ".join(told) or "all was well"


def _host(view: FleetView, host: HostView) -> Iterator[str]:
    yield f"### {code(host.name)}: {WORDS[host.state]}"
    lines = []
    for check, cell in zip(view.columns, host.cells, strict=True):
        if cell.state in QUIET and not cell.change:
            continue
        since = f" since {moment(cell.since)}" if cell.since else ""
        figure = f" ({code(measured(cell.figure))})" if cell.figure else ""
        says = f": {code(clipped(cell.message))}" if cell.message and cell.state != "ok" else ""
        lines.append(f"- {code(SIGNS[cell.state])} {code(check)}: {cell.words}{since}{figure}{says}")
    if lines:
        yield "\n".join(lines)
    for task in host.tasks:
        yield from _task(view, task)


def _task(view: FleetView, task: Told) -> Iterator[str]:
    if task.diff:
        yield f"{code(task.task)}: {view.words_of(task)}"
        yield fence(clipped(task.diff), "diff")


def _trend(trend: Trend) -> str:
    told = [
        f"{prose(line.name)} {line.points[0].value:.12g} → {line.points[-1].value:.12g}"
        for line in trend.lines
    ]
    first, last = trend.lines[0].points[0], trend.lines[0].points[-1]
    unit = f" {prose(trend.unit)}" if trend.unit else ""
    return f"- {prose(trend.title)}, {moment(first.time)} to {moment(last.time)}: {', '.join(told)}{unit}"
