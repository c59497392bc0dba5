"""A command that may be asked by a monitoring system: then it answers in its words, whatever happens."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from remediate.cli.outputs import tell_refused

_OPTION = "--monitoring"


class Monitored(click.Command):
    """With `--monitoring`, whatever goes wrong is one line of state UNKNOWN, and exit code 3."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """See click.Command; mistakes in the options come up here."""
        with _answered(args):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """See click.Command."""
        with _answered([_OPTION] if ctx.params["monitoring"] else []):
            return super().invoke(ctx)


@contextmanager
def _answered(arguments: Sequence[str]) -> Iterator[None]:
    """Raise `click.exceptions.Exit` in the place of whatever is raised, if the arguments ask for it."""
    if _OPTION not in arguments:
        yield
        return
    try:
        with _ended_in_words():
            yield
    except click.exceptions.Exit:
        raise
    except (KeyboardInterrupt, click.Abort):
        _tell("interrupted")
    except click.ClickException as error:
        _tell(error.format_message())
    except Exception as error:
        _tell(str(error) or type(error).__name__)


@contextmanager
def _ended_in_words() -> Iterator[None]:
    """Answer SIGTERM, with which monitoring systems end what takes too long; they wait for no host then."""
    from remediate.reports.monitoring import EXIT_CODES, line  # noqa: PLC0415 - --help does not need it

    said = line("unknown", "ended by SIGTERM before it had an answer").encode() + b"\n"
    # One that is closed is None, and its number may be another file's by now.
    outputs = [each.fileno() for each in (sys.stdout, sys.stderr) if each is not None]

    def handle(_signal: int, _frame: FrameType | None) -> None:
        # os.write: a signal may come in the middle of a print, which cannot be entered twice.
        for output in outputs:
            with suppress(OSError):
                os.write(output, said)
                break
        os._exit(EXIT_CODES["unknown"])

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(what: str) -> None:
    """Say it, or on stderr that stdout takes nothing, and end.

    Raises:
        Exit: with the code of UNKNOWN.
    """
    from remediate.reports.monitoring import EXIT_CODES, line  # noqa: PLC0415

    try:
        click.echo(line("unknown", what))
    except OSError as error:
        tell_refused(error, lambda said: line("unknown", said))
    raise click.exceptions.Exit(EXIT_CODES["unknown"])
