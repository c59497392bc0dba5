"""A command that may be asked by a monitoring system: then it answers in its words, whatever happens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

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
        yield
    except click.exceptions.Exit:
        raise
    except (KeyboardInterrupt, click.Abort):
        _tell("interrupted")
    except click.ClickException as error:
        _tell(error.format_message())
    except Exception as error:
        _tell(str(error) or type(error).__name__)


def _tell(what: str) -> None:
    """Say it, and end.

    Raises:
        Exit: with the code of UNKNOWN.
    """
    from remediate.reports.monitoring import EXIT_CODES, line  # noqa: PLC0415 - --help does not need it

    click.echo(line("unknown", what))
    raise click.exceptions.Exit(EXIT_CODES["unknown"])
