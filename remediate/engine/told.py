"""What the hosts of a batch tell, each in its own thread, for the one thread that passes it on."""

import queue
import threading
from collections.abc import Iterator

from remediate.engine.events import Event
from remediate.engine.prompts import Question


class Told:
    """Everything that is told, in the order in which it came."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event | Question | BaseException | threading.Event | None] = (
            queue.SimpleQueue()
        )

    def put(self, what: Event | Question | BaseException | threading.Event) -> None:
        """Tell it; an event of threading's is set when its turn comes, and an error is raised."""
        self._queue.put(what)

    def through(self) -> None:
        """A host has told all."""
        self._queue.put(None)

    def heard(self, hosts: int) -> Iterator[Event | Question]:
        """What comes, until so many hosts are through."""
        while hosts:
            what = self._queue.get()
            if what is None:
                hosts -= 1
            elif isinstance(what, BaseException):
                raise what
            elif isinstance(what, threading.Event):
                what.set()
            else:
                yield what
