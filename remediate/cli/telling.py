"""Telling the channels that a command names what a re-check found."""

import shlex
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from remediate.notify.catalog import channels_in, chosen, unusable
from remediate.notify.channels import Channel
from remediate.notify.delivering import deliver, deliveries_of
from remediate.notify.digest import digest
from remediate.reports.cleaning import indented
from remediate.settings import settings_in
from remediate.store.deliveries import Delivery
from remediate.store.findings import Recheck


def channels_named(names: Sequence[str]) -> tuple[Channel, ...]:
    """The channels of `remediate.toml` here; of those that cannot be used now, there is a warning.

    Raises:
        InputError: there is none of that name, or the file is wrong.
    """
    if not names:
        return ()
    channels = chosen(channels_in(settings_in(Path.cwd())), names)
    _warn(unusable(channels))
    return channels


def deliveries_for(recheck: Recheck, directory: Path, channels: Sequence[Channel]) -> tuple[Delivery, ...]:
    """What is to be sent of a re-check; `directory` is that of the store."""
    whole = f"remediate history --state-dir {shlex.quote(str(directory.resolve()))} show {recheck.run}"
    message = digest(recheck, machine=socket.gethostname(), whole=whole)
    return () if message is None else deliveries_of(message, recheck.run, channels)


def tell(directory: Path, channels: Sequence[Channel]) -> None:
    """Send what is written down for the channels; what cannot be sent is a warning."""
    if channels:
        _warn(deliver(directory, channels).problems)


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        click.echo(indented(f"warning: {problem}"), err=True)
