"""Where the lines for a person go: a file that takes them as they are, or a terminal."""

import os
from collections.abc import Sequence
from typing import IO, Protocol

from remediate.reports.fleet_tables import FleetTable


class Screen(Protocol):
    """Shows lines, tables, and how far a run is."""

    def line(self, text: str, style: str) -> None:
        """Show a line in a style."""

    def draw(self, table: FleetTable) -> Sequence[str]:
        """Show a table, or give the lines to be shown in its place."""

    def progress(self, text: str) -> None:
        """What the last line says, while there is one."""

    def begin_progress(self) -> None:
        """Let there be a last line that says how far the run is."""

    def end_progress(self) -> None:
        """Let there be none any more."""


class Paper:
    """See Screen; for what is no terminal: without colours, and nothing on it is ever changed."""

    def __init__(self, out: IO[str]) -> None:
        """Lines go to `out`."""
        self._out = out

    def line(self, text: str, style: str) -> None:
        """See Screen."""
        del style
        self._out.write(f"{text}\n")
        self._out.flush()

    def draw(self, table: FleetTable) -> Sequence[str]:
        """See Screen."""
        from remediate.reports.fleet_drawing import plain_lines  # noqa: PLC0415 - loads rich

        return plain_lines(table)

    def progress(self, text: str) -> None:
        """See Screen."""

    def begin_progress(self) -> None:
        """See Screen."""

    def end_progress(self) -> None:
        """See Screen."""


def screen_on(out: IO[str]) -> Screen:
    """The screen for what is written to `out`."""
    if not (out.isatty() or os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE")):
        return Paper(out)
    from rich.console import Console  # noqa: PLC0415 - slow to load, and only a terminal needs it

    from remediate.reports.colours import Coloured  # noqa: PLC0415

    console = Console(file=out, highlight=False, soft_wrap=True, emoji=False)
    return Coloured(console) if console.is_terminal else Paper(out)
