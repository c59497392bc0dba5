"""remediate inventory: show what an inventory says, as ansible-inventory does."""

import click

from remediate.cli.options import inventory_option


@click.command()
@inventory_option
@click.option("--list", "as_", flag_value="list", help="Groups, hosts and variables, as JSON.")
@click.option("--graph", "as_", flag_value="graph", help="The tree of groups.")
@click.option("--host", metavar="HOST", help="The variables of one host, as JSON.")
def inventory(sources: tuple[str, ...], as_: str | None, host: str | None) -> int:
    """Show an inventory. Values of secret variables are masked."""
    import json  # noqa: PLC0415

    from remediate.errors import InventoryError, UsageError  # noqa: PLC0415
    from remediate.inventory.load import load_inventory  # noqa: PLC0415
    from remediate.inventory.show import as_graph, as_host, as_list  # noqa: PLC0415

    if (as_ is None) == (host is None):
        raise UsageError("say what to show", cure="one of --list, --graph and --host HOST")
    loaded = load_inventory(sources)
    if host is not None:
        if host not in loaded.hosts:
            raise InventoryError(f"there is no host '{host}' in the inventory")
        click.echo(json.dumps(as_host(loaded, host), indent=4))
    elif as_ == "graph":
        click.echo(as_graph(loaded).rstrip("\n"))
    else:
        click.echo(json.dumps(as_list(loaded), indent=4))
    return 0
