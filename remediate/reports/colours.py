"""A terminal: lines in colour, drawn tables, and a last line that shows how far a run is."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from remediate.reports.fleet_drawing import drawn
from remediate.reports.fleet_tables import FleetTable


class Coloured:
    """See `remediate.reports.screen.Screen`."""

    def __init__(self, console: Console) -> None:
        """All goes to `console`."""
        self._console = console
        self._status = console.status("")

    def line(self, text: str, style: str) -> None:
        """See Screen."""
        self._console.print(Text(text, style=style))

    def draw(self, table: FleetTable) -> Sequence[str]:
        """See Screen."""
        self._console.print(drawn(table, self._console.width), soft_wrap=False)
        return ()

    def progress(self, text: str) -> None:
        """See Screen."""
        self._status.update(Text(text))  # as Text: square brackets in a play's name are no markup

    def begin_progress(self) -> None:
        """See Screen."""
        self._status.start()

    def end_progress(self) -> None:
        """See Screen."""
        self._status.stop()
