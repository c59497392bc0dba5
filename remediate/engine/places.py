"""Places for hosts at work: so many side by side, and one that only waits lends its own to the next."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from remediate.facts.base import Output
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.hosts.host import Host
from remediate.hosts.target import Become

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds for which a host may wait and keep its place: servers that are merely busy are not pressed."""
_TIMES, _MOST = 10, 1000
"""At most so many hosts are under way for each place, and at most so many altogether: each is a thread."""


class Places:
    """Places for hosts at work, one thread for each host that is under way.

    A host that waits, for a connection or for what its server does, lends its place on after a while: dead
    and slow hosts keep nobody from beginning. Who comes back goes on at once, and no other host begins until
    there is a place again. Where there is one place only it is never lent: one host after another.
    """

    def __init__(self, number: int, *, patience: float = PATIENCE) -> None:
        self._free = number
        self._most = max(number, min(number * _TIMES, _MOST)) if number > 1 else 1
        self._patience = patience
        self._under_way = 0
        self._waiting: dict[int, float] = {}  # threads that still have their place, the longest waiting first
        self._done: set[int] = set()  # threads that have given up theirs
        self._changed = threading.Condition()

    @contextmanager
    def filled(
        self, hosts: Sequence[T], work: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> Iterator[None]:
        """While the block runs, do the work for each host, beginning in their order; then wait for all.

        Args:
            hosts: whatever `work` takes.
            work: raises nothing; called in a thread.
            failed: told what keeps further hosts from beginning.
        """

        def one(host: T) -> None:
            try:
                work(host)
            finally:
                self._leave()

        def begin() -> None:
            try:
                for host in hosts:
                    self._enter()
                    pool.submit(one, host)
            except BaseException as error:
                failed(error)

        with ThreadPoolExecutor(max(1, min(self._most, len(hosts))), thread_name_prefix="host") as pool:
            beginning = threading.Thread(target=begin, name="hosts")
            beginning.start()
            try:
                yield
            finally:
                beginning.join()

    @contextmanager
    def given_up(self) -> Iterator[None]:
        """Around the last that a host's thread does: its place is free at once, and nobody waits for it."""
        thread = threading.get_ident()
        with self._changed:
            self._done.add(thread)
            self._free += 1
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._done.remove(thread)
                self._free -= 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what may take long without any work here, in a host's thread."""
        thread = threading.get_ident()
        if thread in self._done:
            yield
            return
        with self._changed:
            self._waiting[thread] = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                if self._waiting.pop(thread, None) is None:  # it was lent
                    self._free -= 1

    def _enter(self) -> None:
        """Wait for a place, or for one that can be borrowed, and take it."""
        with self._changed:
            while not self._is_free():
                self._changed.wait(self._seconds())
            self._free -= 1
            self._under_way += 1

    def _is_free(self) -> bool:
        if self._under_way >= self._most:
            return False
        due = time.monotonic() - self._patience
        while self._free <= 0 and self._waiting:
            longest = next(iter(self._waiting))
            if self._waiting[longest] > due:
                return False
            del self._waiting[longest]
            self._free += 1
        return self._free > 0

    def _seconds(self) -> float | None:
        """Until when no place will be lent; who begins to wait later rings for nobody."""
        if self._under_way >= self._most:
            return None
        now = time.monotonic()
        return max(next(iter(self._waiting.values()), now) + self._patience - now, 0.0)

    def _leave(self) -> None:
        with self._changed:
            self._free += 1
            self._under_way -= 1
            self._changed.notify()


class LendingHost:
    """A host whose place is lent on as long as it keeps its thread waiting."""

    def __init__(self, host: Host, places: Places) -> None:
        self.name = host.name
        self._host = host
        self._places = places

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        """See `Host.ask`."""
        with self._places.waiting():
            return self._host.ask(scripts, become=become, deadline=deadline)

    def send(
        self, script: str, pieces: Iterable[bytes], *, become: Become | None = None, deadline: float
    ) -> Output:
        """See `Host.send`."""
        with self._places.waiting():
            return self._host.send(script, pieces, become=become, deadline=deadline)

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        """See `Host.fetch`."""
        with self._places.waiting():
            return self._host.fetch(request, deadline=deadline)

    def aside(self, scripts: Sequence[str], *, become: Become | None, deadline: float) -> list[Output]:
        """See `Host.aside`; the thread that calls it is none of those that have a place."""
        return self._host.aside(scripts, become=become, deadline=deadline)

    def close(self) -> None:
        """See `Host.close`."""
        self._host.close()
