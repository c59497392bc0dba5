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
    help="Faults to suffer from, such as slow_host or cut:5@linux01: see `lab faults`. May be repeated.",
)
def up(directory: Path, faults: tuple[str, ...], **drawn: Any) -> int:
    """Start the servers, and write an inventory of them."""
    from remediate.lab import lab_up  # noqa: PLC0415

    kinds = [kind for words in faults for kind in words.split(",") if kind]
    fleet = lab_up(directory, faults=kinds, **drawn)
    click.echo(f"{len(fleet.servers)} servers are up; their inventory: {fleet.paths.inventory}")
    if drawn["story"] == "articles":
        click.echo(f"what a pause asks of a person, does: remediate lab person --dir {directory} HOST...")
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
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@click.option("--do", "act", metavar="ACT", help="What to do at each of them.")
def person(directory: Path, hosts: tuple[str, ...], act: str | None) -> int:
    """Do at servers what a guided pause asks of a person; without --do, show what there is to see and do.

    In earnest a person clicks that in ScanMail's console or in Control Manager's, and the lab has no windows.
    So do it here, in a second terminal, and then type the pause's word in the first.
    """
    from remediate.lab import acts  # noqa: PLC0415

    # As a pause lists them: with a comma and a blank in between.
    names = [name for word in hosts for name in word.split(",") if name]
    if act is not None:
        for line in acts.do(directory, names, act):
            click.echo(line)
        return 0
    for name in names:
        click.echo("\n  ".join([f"{name} shows", *acts.view(directory, name)]))
    click.echo(
        f"what a person can do: remediate lab person --dir {directory} {' '.join(names)} --do ACT, with"
    )
    for word, each in acts.ACTS.items():
        click.echo(f"  {word:<18} {each.clicks}")
    return 0


@lab.command()
def faults() -> int:
    """List the faults for `lab up --faults`: KIND, its NUMBER unless another is said, and what it does.

    KIND, KIND:NUMBER or either with @HOST; without a host it is on a quarter of the fleet.
    """
    from remediate.lab.faults import FAULTS  # noqa: PLC0415

    for kind, (meaning, number) in FAULTS.items():
        click.echo(f"{kind:<15} {number or '-':<4} {meaning}")
    return 0


@lab.command()
@directory_option
def down(directory: Path) -> int:
    """End the servers of this lab, and nothing else; the files stay."""
    from remediate.lab import lab_down  # noqa: PLC0415

    click.echo("the lab is down" if lab_down(directory) else "the lab was not up")
    return 0
