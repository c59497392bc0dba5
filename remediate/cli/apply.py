"""remediate apply: carry a plan out, just as it was shown."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import kept_run_options

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("plan", type=_PATH)
@click.option(
    "--allowed-signers", metavar="FILE", type=_PATH, help="Whose approvals count; see ssh-keygen(1)."
)
@click.option("--approvals", type=click.IntRange(min=0), help="How many approvals are needed.")
@click.option("--all-or-nothing", is_flag=True, help="Send nothing to any host if one has drifted.")
@kept_run_options
def apply(plan: Path, **options: Any) -> int:
    """Carry out a PLAN: what it shows and nothing else, on the hosts that are as it saw them.

    A host that has changed since is refused, with what has changed, and the exit code is 3. A plan is applied
    once. What it holds no secret of is asked for again: in the inventory, with -e, or at the terminal.
    """
    from remediate.cli.applying import apply_plan  # noqa: PLC0415 - loads the engine

    return apply_plan(plan, options)
