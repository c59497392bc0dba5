"""remediate ping: whether the hosts of an inventory can be logged in to."""

from typing import Any

import click

from remediate.cli.options import fleet_options


@click.command()
@click.argument("pattern", default="all")
@fleet_options
def ping(pattern: str, **options: Any) -> int:
    """Log in to the hosts of PATTERN (default: all), and say what they are. Changes nothing."""
    from remediate.cli.reaching import chosen_hosts  # noqa: PLC0415 - loads the engine
    from remediate.engine.everywhere import identity  # noqa: PLC0415
    from remediate.reports.cleaning import indented  # noqa: PLC0415
    from remediate.reports.words import counted  # noqa: PLC0415

    chosen = chosen_hosts(pattern, options)
    for name, system, seconds in chosen.ask(lambda host, _: identity(host)):
        says = f"{system.name} {system.release} {system.machine} as {system.user}"
        click.echo(f"ok           {name}  {indented(says)}, {seconds:.2f} s")
    number = len(chosen.targets)
    ok = number - chosen.failed - chosen.unreachable
    click.echo(
        f"{counted(number, 'host')}: {ok} ok, {chosen.failed} failed, {chosen.unreachable} unreachable"
    )
    return chosen.exit_code
