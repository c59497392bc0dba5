"""A report as JSON for programs; docs/reports.md describes it."""

import json
from dataclasses import asdict
from typing import Any

from remediate.reports.fleet_view import Cell, FleetView, HostView, Trend

VERSION = 1
"""Grows when something is taken away or means something else; what is added does not count."""


def as_json(view: FleetView) -> str:
    """The whole report as one object."""
    return json.dumps(_report(view), indent=1, ensure_ascii=False) + "\n"


def _report(view: FleetView) -> dict[str, Any]:
    return {
        "format": "remediate report",
        "version": VERSION,
        "kind": view.kind,
        "name": view.name,
        "run": view.run,
        "time": view.time,
        "seconds": view.seconds,
        "about": dict(view.about),
        "states": dict(view.states),
        "checks": list(view.columns),
        "hosts": [_host(view, host) for host in view.hosts],
        "changes": [
            {"time": each.time, "host": each.host, "check": each.check, **_cell(each.cell)}
            for each in view.changes
        ],
        "trends": [_trend(trend) for trend in view.trends],
        "runs": [asdict(run) for run in view.runs],
        "not_looked_at": [
            {
                "host": each.host,
                "why": each.why,
                "checks": [{"check": check, **_cell(cell)} for check, cell in each.checks],
            }
            for each in view.unseen
        ],
    }


def _host(view: FleetView, host: HostView) -> dict[str, Any]:
    return {
        "host": host.name,
        "state": host.state,
        "checks": [
            {"check": check, **_cell(cell)}
            for check, cell in zip(view.columns, host.cells, strict=True)
            if cell.state != "none"
        ],
        "tasks": [asdict(task) for task in host.tasks],
        "trends": [_trend(trend) for trend in host.courses],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "state": cell.state,
        "change": cell.change,
        "since": cell.since,
        "message": cell.message,
        "figure": None if cell.figure is None else asdict(cell.figure),
    }


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "title": trend.title,
        "unit": trend.unit,
        "limits": dict(trend.limits),
        "lines": [
            {"name": line.name, "points": [[point.time, point.value] for point in line.points]}
            for line in trend.lines
        ],
    }
