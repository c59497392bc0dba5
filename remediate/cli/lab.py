"""remediate lab: a simulated fleet of Domino servers behind real SSH, to try things on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

directory_option = click.option(
    "--dir",
    "directory",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The lab's folder.",
)


def _choice(option: str, *words: str, means: str) -> Callable[[F], F]:
    """An option that takes one of some words; the first is the default."""
    return click.option(option, default=words[0], show_default=True, type=click.Choice(words), help=means)


@click.group()
def lab() -> None:
    """A simulated fleet of Domino servers with ScanMail, behind real SSH on loopback."""


@lab.command()
@directory_option
@click.option("--hosts", default=8, show_default=True, type=click.IntRange(1, 500), help="How many servers.")
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same fleet.")
@_choice("--sshd", "embedded", "openssh", means="Which SSH.")
@click.option(
    "--not-renewed",
    type=click.IntRange(min=0),
    help="How many licences are not renewed on the portal.  [default: a quarter]",
)
@_choice("--story", "license", "articles", means="Licence renewal only, or all that both articles describe.")
@click.option(
    "--faults",
    multiple=True,
    metavar="KIND[:N][@HOST],...",
    help="Faults to suffer from, such as slow_host or cut:5@linux01. May be repeated.",
)
def up(directory: Path, faults: tuple[str, ...], **drawn: Any) -> int:
    """Start the servers, and write an inventory of them."""
    from remediate.lab import lab_up  # noqa: PLC0415

    kinds = [kind for words in faults for kind in words.split(",") if kind]
    fleet = lab_up(directory, faults=kinds, **drawn)
    click.echo(f"{len(fleet.servers)} servers are up; their inventory: {fleet.paths.inventory}")
    return 0


@lab.command()
@directory_option
def status(directory: Path) -> int:
    """Show each server: whether it is up, its platform and its licence."""
    from remediate.lab import lab_status  # noqa: PLC0415

    for server in lab_status(directory):
        portal = "renewed" if server.renewed_on_portal else "not renewed"
        click.echo(
            f"{server.name}  {'up' if server.up else 'down':<4}  port {server.port}  {server.platform:<7}  "
            f"licence {server.licence} ({portal} on the portal)  "
            f"smdreal {'running' if server.smdreal_running else 'not running'}"
        )
    return 0


@lab.command()
@directory_option
def down(directory: Path) -> int:
    """End the servers of this lab, and nothing else; the files stay."""
    from remediate.lab import lab_down  # noqa: PLC0415

    click.echo("the lab is down" if lab_down(directory) else "the lab was not up")
    return 0
