"""Leaving a host: what a run holds there is given back, and only then it is known that nothing is left."""

import threading
from collections.abc import Callable, Iterable

from remediate.engine.events import Warned
from remediate.engine.memory import Memory
from remediate.errors import RemediateError, TaskFailed
from remediate.store.journal import Journal

_ENDS = "it ends by itself within an hour, or by 'remediate locks --break'"


class Leaving:
    """Leaves each host once, as well as that is possible; what cannot be given back ends in time."""

    def __init__(self, journal: Journal, left: Iterable[str]) -> None:
        """`left` are the hosts of which an earlier part of the run holds nothing any more."""
        self._journal = journal
        self._left = {*left}
        self._awaited: list[threading.Event] = []
        self._broken = False

    def leave(self, memory: Memory, through: Callable[[], bool]) -> Warned | None:
        """Give back what is held on a host, for good if the run is `through` with it; or tell why not."""
        state, problem = memory.state, None
        if state.lock is not None and memory.ended != "unreachable" and memory.name not in self._left:
            self._left.add(memory.name)
            try:
                self._give_back(memory, for_good=memory.ended != "stopped" and through())
            except RemediateError as error:
                problem = Warned(message=f"{memory.name}: its lock was not given back: {error.what}; {_ENDS}")
        memory.host.close()
        return problem

    def _give_back(self, memory: Memory, *, for_good: bool) -> None:
        """Claims keep commands from running twice until it is on the disk how each of them ended."""
        if for_good:
            try:
                self._journal.through(memory.name)
            except TaskFailed:
                for_good = False
        memory.state.leave(for_good=for_good)
        if for_good:
            self._journal.left(memory.name)

    def all_heard(self, tell: Callable[[threading.Event], None]) -> bool:
        """Wait until all that a host has told is passed on; False if that will never be.

        `tell` tells one thing more, which is to be set when its turn comes.
        """
        heard = threading.Event()
        self._awaited.append(heard)  # before the look at `_broken`, for `give_up` looks here after it
        if not self._broken:
            tell(heard)
            heard.wait()
        return not self._broken

    def give_up(self) -> None:
        """Nothing that is told is passed on any more."""
        self._broken = True
        for heard in list(self._awaited):
            heard.set()
