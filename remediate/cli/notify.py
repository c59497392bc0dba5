"""remediate notify: who was told what re-checks found; to try a channel, and to tell those who were not."""

from pathlib import Path

import click

from remediate.cli.exit_codes import FAILED
from remediate.cli.options import default_state_dir, state_dir_option


@click.group()
def notify() -> None:
    """Who is told when a re-check finds something new. The channels are in remediate.toml: docs/notify.md."""


@notify.command("list")
@state_dir_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(state_dir: Path | None, as_json: bool) -> int:
    """What was to be told, and whether it was: a line a re-check and channel."""
    import json  # noqa: PLC0415

    from remediate.reports.deliveries import delivery_lines, delivery_objects  # noqa: PLC0415
    from remediate.store.deliveries import open_deliveries  # noqa: PLC0415

    with open_deliveries(state_dir or default_state_dir()) as deliveries:
        kept = deliveries.kept()
    if as_json:
        click.echo(json.dumps(delivery_objects(kept), indent=2))
        return 0
    for line in delivery_lines(kept) or ["nobody was to be told anything yet"]:
        click.echo(line)
    return 0


@notify.command()
@click.argument("channel")
def test(channel: str) -> int:
    """Send a message through CHANNEL that only says that it came through. Exit code 2 if it did not."""
    import socket  # noqa: PLC0415
    import uuid  # noqa: PLC0415

    from remediate.errors import NotSent  # noqa: PLC0415
    from remediate.notify.attempts import send  # noqa: PLC0415
    from remediate.notify.catalog import channels_in, chosen  # noqa: PLC0415
    from remediate.notify.message import trial  # noqa: PLC0415
    from remediate.reports.cleaning import indented  # noqa: PLC0415
    from remediate.settings import settings_in  # noqa: PLC0415

    (found,) = chosen(channels_in(settings_in(Path.cwd())), [channel])
    try:
        remark = send(found, trial(channel, socket.gethostname()), uuid.uuid4().hex)
    except NotSent as error:
        click.echo(indented(f"channel '{channel}' does not work: {error}"), err=True)
        return FAILED
    click.echo(f"sent through '{channel}'" + (f", but: {remark}" if remark else ""))
    return 0


@notify.command()
@click.argument("run", type=click.IntRange(min=1), required=False)
@state_dir_option
def retry(run: int | None, state_dir: Path | None) -> int:
    """Tell what could not be told, or that of one RUN. Exit code 2 if it still cannot be.

    What has changed again since, and is in a later message, is passed over unless its RUN is named.
    """

    from remediate.notify.catalog import channels_in  # noqa: PLC0415
    from remediate.notify.delivering import retry as send_again  # noqa: PLC0415
    from remediate.reports.cleaning import indented  # noqa: PLC0415
    from remediate.reports.words import counted  # noqa: PLC0415
    from remediate.settings import settings_in  # noqa: PLC0415

    done = send_again(state_dir or default_state_dir(), channels_in(settings_in(Path.cwd())), run)
    click.echo(f"{counted(done.sent, 'message')} sent")
    if done.covered:
        click.echo(f"{done.covered} passed over, of which all has changed again: see 'remediate notify list'")
    for problem in done.problems:
        click.echo(indented(problem), err=True)
    return FAILED if done.problems else 0
