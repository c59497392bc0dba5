"""remediate report: what a re-check or a run found, for people and for programs."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import F, state_dir_option

_FORMATS = {
    "html": "a web page",
    "markdown": "Markdown, for a ticket",
    "json": "JSON",
    "csv": "comma-separated values, for spreadsheets",
    "junit": "JUnit XML, for Jenkins and GitLab",
    "prometheus": "metrics, for node_exporter's textfile collector",
}
_PATH = click.Path(path_type=Path)


def _formats(command: F) -> F:
    for name, what in reversed(_FORMATS.items()):
        command = click.option(f"--{name}", metavar="FILE", type=_PATH, help=f"Write {what}.")(command)
    return command


@click.command()
@click.argument("run", required=False, type=click.IntRange(min=1))
@click.option("--last", is_flag=True, help="The last run; with --name, the last one of that name.")
@click.option("--since", metavar="SPAN", help="All of the last SPAN, such as 12h, 30d or 4w.")
@click.option("--name", help="Re-checks of this name alone.")
@_formats
@state_dir_option
def report(**options: Any) -> int:
    """Show what RUN found: hosts and checks, what changed, the story of each host, trends.

    Several files may be written at once; one of them may be -, the standard output. Without any, Markdown
    goes there. Only the history is read: no host is contacted.
    """
    from remediate.cli.reporting import write_reports  # noqa: PLC0415

    write_reports(options, {name: options[name] for name in _FORMATS})
    return 0
