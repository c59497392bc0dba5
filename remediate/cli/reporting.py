"""Reports out of the history: which one is wanted, and its files."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from remediate.cli.options import default_state_dir
from remediate.cli.outputs import STDOUT, put, refuse_unwritable
from remediate.durations import duration_of
from remediate.errors import UsageError
from remediate.reports.fleet_csv import as_csv
from remediate.reports.fleet_gathering import Store
from remediate.reports.fleet_html import as_html
from remediate.reports.fleet_json import as_json
from remediate.reports.fleet_markdown import as_markdown
from remediate.reports.fleet_view import FleetView
from remediate.reports.junit import as_junit
from remediate.reports.prometheus import as_prometheus
from remediate.store.alive import under_way
from remediate.store.database import FILE
from remediate.store.findings import open_findings
from remediate.store.history import open_history

WRITERS: Mapping[str, Callable[[FleetView], str]] = {
    "html": as_html,
    "markdown": as_markdown,
    "json": as_json,
    "csv": as_csv,
    "junit": as_junit,
    "prometheus": as_prometheus,
}
"""What makes the file of each option."""
_MODES = {"prometheus": 0o644}
"""Those who collect metrics are other users than those who run."""


def write_reports(options: Mapping[str, Any], files: Mapping[str, Path | None]) -> None:
    """Write the report that the options want to each of these files; as Markdown to stdout if there is none.

    Raises:
        UsageError: see `view_wanted`; a file cannot be written, or would be written over.
    """
    directory = options["state_dir"] or default_state_dir()
    refuse_unwritable(files, *files, inputs=[directory / f"{FILE}{end}" for end in ("", "-wal", "-shm")])
    wanted = {name: path for name, path in files.items() if path is not None} or {"markdown": STDOUT}
    view = view_wanted(options, directory)
    for name, path in wanted.items():
        put(name, path, WRITERS[name](view), mode=_MODES.get(name))
    if STDOUT not in wanted.values():
        click.echo(f"{view.title}: {view.sentence()}")


def view_wanted(options: Mapping[str, Any], directory: Path) -> FleetView:
    """The report that the options of the command line want.

    Raises:
        UsageError: they name none, or more than one; there is no such run; the history cannot be read.
    """
    number, last, since, name = (options[each] for each in ("run", "last", "since", "name"))
    if (number is not None) + last + (since is not None) != 1:
        raise UsageError("which run?", cure="give its number, --last, or --since with a time such as 30d")
    if number is not None and name is not None:
        raise UsageError("a run has its number or its --name, not both", cure="leave one out")
    with open_history(directory) as history, open_findings(directory) as findings:
        unfinished = [run.number for run in history.runs() if run.ended is None]
        store = Store(history, findings, under_way(directory, unfinished))
        if number is not None:
            return store.report(number)
        if last:
            return store.last(name)
        return store.since(_begin(duration_of(since, what="--since")), name)


def _begin(span: timedelta) -> str:
    try:
        return (datetime.now(UTC) - span).isoformat(timespec="seconds")
    except OverflowError:  # longer than there are calendars
        return datetime.min.isoformat(timespec="seconds")
