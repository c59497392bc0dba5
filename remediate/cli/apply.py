"""remediate apply: carry a plan out, just as it was shown."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import allowed_signers_option, kept_run_options

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("plan", type=_PATH)
@allowed_signers_option
@click.option(
    "--approvals",
    metavar="NUMBER",
    type=click.IntRange(min=0),
    help="How many approvals are needed.  [default: 1 with --allowed-signers, else 0]",
)
@click.option("--all-or-nothing", is_flag=True, help="Send nothing to any host if one has drifted.")
@kept_run_options
def apply(plan: Path, **options: Any) -> int:
    """Carry out a PLAN: what it shows and nothing else, on the hosts that are as it saw them.

    A host that has changed since is refused, with what has changed, and the exit code is 3; the others go on.
    'remediate resume' compares it again, and goes on with it, and with those that could not be reached. A
    plan is applied once. The secrets that it does not hold are looked for in the inventories that it was made
    of, or those of -i, and with -e; at a terminal, what is still missing is asked for.

    How many approvals are needed, and whose count, may also be said by remediate.toml in this directory:
    [apply] with approvals = NUMBER and allowed_signers = "FILE". The options cannot lower that.
    """
    from remediate.cli.applying import apply_plan  # noqa: PLC0415 - loads the engine

    return apply_plan(plan, options)
