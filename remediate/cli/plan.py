"""remediate plan: a dry run kept in a file, to be shown, approved and applied."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remediate.cli.options import (
    connection_options,
    diff_option,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
    playbooks_argument,
    skip_tags_option,
    state_dir_option,
    tags_option,
    verbose_option,
    views_options,
)

if TYPE_CHECKING:
    from remediate.cli.planning import Planned

PATH = click.Path(path_type=Path)


class Moment(click.ParamType):  # type: ignore[type-arg]
    """A moment as ISO 8601 writes it; without a zone it is this machine's local time."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The moment in UTC."""
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is no time, such as 2026-03-14T22:00 or 2026-03-14T22:00+01:00", param, ctx)
        return moment.isoformat(timespec="seconds")


@click.command()
@playbooks_argument
@inventory_option
@limit_option
@extra_vars_option
@click.option("-o", "--out", required=True, metavar="FILE", type=PATH, help="Keep the plan in FILE.")
@views_options
@click.option("--not-before", type=Moment(), help="It may not be applied earlier.")
@click.option("--not-after", type=Moment(), help="It may not be applied later.")
@diff_option
@tags_option
@skip_tags_option
@forks_option
@connection_options
@state_dir_option
@verbose_option
def plan(**options: Any) -> int:
    """Show what playbooks would change, and keep it as a plan; 'remediate apply' does just that.

    A host on which the dry run fails, or which cannot be reached, is not part of the change. The plan is
    written all the same, and the exit code is 2 or 4.
    """
    from remediate.cli import planning  # noqa: PLC0415 - loads the engine
    from remediate.cli.outputs import refuse_irregular, refuse_unwritable  # noqa: PLC0415
    from remediate.cli.preparing import prepare  # noqa: PLC0415
    from remediate.errors import UsageError  # noqa: PLC0415
    from remediate.reports.steady import steady_outputs  # noqa: PLC0415

    inputs = [*options["playbooks"], *(Path(source) for source in options["sources"])]
    refuse_irregular("out", options["out"])
    refuse_unwritable(options, "out", "html", "markdown", inputs=inputs)
    if options["not_before"] and options["not_after"] and options["not_before"] >= options["not_after"]:
        raise UsageError("--not-after comes before --not-before: the plan could never be applied")
    if options["not_after"] and datetime.fromisoformat(options["not_after"]) <= datetime.now(UTC):
        raise UsageError(
            f"--not-after {options['not_after']} is over: the plan could never be applied",
            cure="name a later time",
        )
    with steady_outputs("the plan is made all the same"):
        return _keep(planning.make_plan(prepare({**options, "dry_run": True}), options), options)


def _keep(planned: "Planned", options: dict[str, Any]) -> int:
    """Write the plan and its views; the exit code."""
    from remediate.cli import running  # noqa: PLC0415 - loads the engine
    from remediate.cli.views import view, write_views  # noqa: PLC0415
    from remediate.reports.words import named  # noqa: PLC0415
    from remediate.review.plan_file import write_folded  # noqa: PLC0415

    if planned.recap.interrupted:
        click.echo("interrupted: no plan was written", err=True)
        return running.exit_code(planned.recap, detailed=False)
    identity = write_folded(planned.folded, options["out"])
    write_views(view(planned.plan, identity), options)
    click.echo(f"\nThe plan is in {options['out']}: {identity}")
    left_out = [host.name for host in planned.plan.hosts if host.outcome != "done"]
    if left_out:
        click.echo(
            f"NOT in the change, for the dry run did not come to its end there: {named(left_out, [])}; "
            "'remediate apply' will not touch them."
        )
    click.echo("Look at it with 'remediate show', carry it out with 'remediate apply'.")
    return running.exit_code(planned.recap, detailed=False)
