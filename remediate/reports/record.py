"""The record of a run that the store keeps: what became of each task on each host, and the recap."""

from collections.abc import Callable

from remediate.engine.events import Event, Recap, TaskEnded
from remediate.engine.keeping import kept_result
from remediate.reports.events_file import recap_object, task_object
from remediate.store.journal import ENDED, TASK


class Record:
    """Hands on the objects of `docs/events.md`."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell

    def __call__(self, event: Event) -> None:
        """Keep the event if it is one of those that are kept."""
        if isinstance(event, TaskEnded):
            if not event.replayed:
                self._tell(TASK, event.host, task_object(event), kept_result(event))
        elif isinstance(event, Recap):
            self._tell(ENDED, "", recap_object(event))
