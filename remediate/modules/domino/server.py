"""How the Domino modules name a server: the parameters they share."""

from remediate.facts.domino import Console

CONSOLE_LOG = "IBM_TECHNICAL_SUPPORT/console.log"
"""Where Domino keeps its console log unless notes.ini says otherwise, below the data directory."""


def console_of(data: str, program: str, console_log: str | None) -> Console:
    """The console of the server with this data directory and program directory."""
    return Console(data=data, program=program, log=console_log or f"{data}/{CONSOLE_LOG}")
