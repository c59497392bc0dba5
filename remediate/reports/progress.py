"""How far a run is: one line, on a terminal alone."""

from rich.console import Console
from rich.text import Text

from remediate.engine.events import Event, HostEnded, PlayStarted
from remediate.reports.cleaning import printable


class Progress:
    """Shows on stderr how many hosts of a play are through; nothing, where that is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._status = console.status("") if console.is_terminal else None
        self._hosts = self._done = 0

    def __call__(self, event: Event) -> None:
        """Count the host, if one is through."""
        if isinstance(event, PlayStarted):
            self._hosts, self._done = len(event.hosts), 0
        elif isinstance(event, HostEnded):
            self._done += 1
        else:
            return
        if self._status is not None:
            # As Text: square brackets in a play's name are no markup.
            self._status.update(Text(printable(f"{event.play}: {self._done} of {self._hosts} hosts")))
            self._status.start()

    def close(self) -> None:
        """Give the terminal back."""
        if self._status is not None:
            self._status.stop()
