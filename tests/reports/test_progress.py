"""How far a run is: told on a terminal, and taken away again."""

import io

from rich.console import Console

from remediate.engine.events import HostEnded, PlayStarted, Warned
from remediate.reports.progress import Progress


def shown(*, terminal: bool) -> str:
    """What is written while one of two hosts comes through."""
    out = io.StringIO()
    progress = Progress(Console(file=out, force_terminal=terminal, width=80))
    progress(PlayStarted(play="look [bold]", hosts=("one", "two"), batch=1, batches=1, dry_run=True))
    progress(HostEnded(play="look [bold]", host="one", outcome="done"))
    progress(Warned(message="nothing to count"))
    progress.close()
    return out.getvalue()


def test_a_terminal_is_told_how_many_hosts_are_through() -> None:
    """With the play's name as it is, and the line is gone in the end."""
    text = shown(terminal=True)
    assert "look [bold]: 1 of 2 hosts\n" in text
    assert text.endswith("\x1b[2K")


def test_nobody_else_is_told() -> None:
    """A timer's mail has no line of it."""
    assert shown(terminal=False) == ""
