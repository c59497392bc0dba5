"""remediate ping: whether the hosts of an inventory can be logged in to."""

from typing import Any

import click

from remediate.cli.options import (
    ask_passwords,
    connection_of,
    connection_options,
    extra_vars_option,
    forks_option,
    inventory_option,
    limit_option,
)


@click.command()
@click.argument("pattern", default="all")
@inventory_option
@limit_option
@extra_vars_option
@forks_option
@connection_options
def ping(
    pattern: str,
    sources: tuple[str, ...],
    limit: str | None,
    extra_vars: tuple[str, ...],
    forks: int,
    **options: Any,
) -> int:
    """Log in to the hosts of PATTERN (default: all), and say what they are. Changes nothing."""
    from remediate.cli.extra_vars import parse_extra_vars  # noqa: PLC0415
    from remediate.cli.running import FAILED, UNREACHABLE  # noqa: PLC0415
    from remediate.engine.connecting import overruled_key, targets_for  # noqa: PLC0415
    from remediate.engine.ping import ping_all  # noqa: PLC0415
    from remediate.hosts.host import Fleet  # noqa: PLC0415
    from remediate.inventory.load import load_inventory  # noqa: PLC0415
    from remediate.inventory.patterns import select  # noqa: PLC0415
    from remediate.reports.cleaning import printable  # noqa: PLC0415

    loaded = load_inventory(sources)
    chosen = [loaded.hosts[name] for name in select(loaded, pattern, limit=limit)]
    connection = connection_of(options)
    extra = parse_extra_vars(extra_vars)
    overruled = overruled_key(targets_for(chosen, extra, connection), extra, connection)
    if overruled is not None:
        click.echo(f"warning: {overruled}", err=True)
    fleet, targets = Fleet(), targets_for(chosen, extra, ask_passwords(connection, options))
    hosts = [fleet.host(target) for target in targets.values()]
    unreachable = failed = 0
    for pong in ping_all(hosts, forks=forks):
        if pong.system is not None:
            system = pong.system
            says = f"{system.name} {system.release} {system.machine} as {system.user}"
            click.echo(f"ok           {pong.host}  {printable(says)}, {pong.seconds:.2f} s")
        elif pong.error is not None:
            word = "unreachable" if pong.unreachable else "failed"
            unreachable, failed = unreachable + pong.unreachable, failed + (not pong.unreachable)
            click.echo(f"{word:<12} {pong.host}  {printable(pong.error.explain())}")
    ok = len(hosts) - failed - unreachable
    click.echo(f"{len(hosts)} hosts: {ok} ok, {failed} failed, {unreachable} unreachable")
    return FAILED if failed else UNREACHABLE if unreachable else 0
