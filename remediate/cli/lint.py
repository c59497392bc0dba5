"""remediate lint: all mistakes of playbooks at once; no host is contacted."""

from pathlib import Path

import click

from remediate.cli.options import playbooks_argument


@click.command()
@playbooks_argument
def lint(playbooks: tuple[Path, ...]) -> int:
    """Check playbooks: every mistake with file, line and column. Nothing is contacted."""
    from remediate.cli.preparing import checked  # noqa: PLC0415
    from remediate.reports.words import counted  # noqa: PLC0415

    checked(playbooks)
    click.echo(f"{counted(len(playbooks), 'playbook')}: no mistakes")
    return 0
