"""remediate inventory: show what an inventory says, as ansible-inventory does."""

import click

from remediate.cli.options import inventory_option


@click.command()
@inventory_option
@click.option("--list", "listed", is_flag=True, help="Groups, hosts and variables, as JSON.")
@click.option("--graph", is_flag=True, help="The tree of groups.")
@click.option("--host", metavar="HOST", help="The variables of one host, as JSON.")
def inventory(sources: tuple[str, ...], listed: bool, graph: bool, host: str | None) -> int:
    """Show an inventory. Values of secret variables are masked."""
    import json  # noqa: PLC0415

    from remediate.errors import UsageError  # noqa: PLC0415
    from remediate.inventory.load import load_inventory  # noqa: PLC0415
    from remediate.inventory.show import as_graph, as_host, as_list  # noqa: PLC0415

    if [listed, graph, host is not None].count(True) != 1:
        raise UsageError("say what to show", cure="one of --list, --graph and --host HOST")
    loaded = load_inventory(sources)
    if host is not None:
        click.echo(json.dumps(as_host(loaded, host), indent=4))
    elif graph:
        click.echo(as_graph(loaded).rstrip("\n"))
    else:
        click.echo(json.dumps(as_list(loaded), indent=4))
    return 0
