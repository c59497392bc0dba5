"""remediate approve: sign a plan, so that it may be applied."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("plan", type=_PATH)
@click.option(
    "--key", required=True, metavar="FILE", type=_PATH, help="Your SSH key, such as ~/.ssh/id_ed25519."
)
def approve(plan: Path, key: Path) -> int:
    """Sign the identity of a PLAN with an SSH key (ssh-keygen); the signature is added to its file."""
    from remediate.review import approvals  # noqa: PLC0415

    approved = approvals.approve(plan, key)
    click.echo(f"approved: {approved.identity}")
    if approved.own:
        click.echo(
            "warning: this approval will not count where one is demanded: "
            f"{approved.own}, who made the plan, has this key; somebody else must approve",
            err=True,
        )
    if approved.unknown:
        click.echo(
            "warning: this approval may not count where one is demanded: no key of "
            f"{approved.unknown} was found when the plan was made, so it may be his own, unless the allowed "
            "signers name him",
            err=True,
        )
    return 0
