"""The person at the terminal, who does what no command can do and types a word afterwards."""

import os
import select
import sys
import termios
from collections.abc import Callable

import click

_LOOK = 0.2
"""Seconds between two looks whether to stop."""

_LINE = 4096
"""Bytes of the longest line that a terminal gives."""


class TerminalOperator:
    """Reads what a person types on standard input, if that is a terminal."""

    @property
    def present(self) -> bool:
        """Whether it is one."""
        return sys.stdin.isatty()

    def read(self, invitation: str, stopped: Callable[[], bool]) -> str | None:
        """Invite the person to type, and wait for the line; None if the input ends, or the run does.

        What was typed before the question was asked cannot be an answer to it.
        """
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
        click.echo(f"    {invitation}", nl=False)
        while not stopped():
            # Read without Python's buffer, which would hide from select what it holds.
            if select.select([sys.stdin], [], [], _LOOK)[0]:
                said = os.read(sys.stdin.fileno(), _LINE)
                return said.decode("utf-8", "replace") if said else None
        return None
