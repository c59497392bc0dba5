"""remediate demo: the main job, told as a story on an embedded fleet."""

import click


@click.command()
def demo() -> int:
    """Show the main job on a simulated fleet: dry run, run, run again, re-check. Needs no server."""
    from remediate.lab.demo import tell  # noqa: PLC0415

    return tell()
