"""remediate show: a plan, for people."""

from pathlib import Path
from typing import Any

import click

from remediate.cli.options import allowed_signers_option, views_options


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@views_options
@allowed_signers_option
def show(plan: Path, allowed_signers: Path | None, **options: Any) -> int:
    """Show what a PLAN would change, the same changes of several hosts once.

    Who has approved it is told with --allowed-signers; else its signatures are only counted.
    """
    from remediate.cli.outputs import refuse_unwritable  # noqa: PLC0415
    from remediate.cli.views import view_of_file, write_views  # noqa: PLC0415
    from remediate.reports.plan_text import print_plan  # noqa: PLC0415

    refuse_unwritable(options, "html", "markdown", inputs=[plan])
    view = view_of_file(plan, allowed_signers)
    write_views(view, options)
    if options["html"] is None and options["markdown"] is None:
        print_plan(view)
    return 0
