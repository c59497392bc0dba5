"""Asking all hosts of an inventory the same, many at a time, outside of any run."""

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from remediate.engine.asking import Refused, ask
from remediate.engine.places import LendingHost, Places
from remediate.errors import RemediateError, Unreachable
from remediate.facts.system import Identity, System
from remediate.hosts.host import Host
from remediate.records import dataclass

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Reply(Generic[T]):
    """One host's answer, or why there is none."""

    host: str
    answer: T | None = None
    error: RemediateError | None = None
    seconds: float = 0.0

    @property
    def unreachable(self) -> bool:
        """Whether there was no connection at all."""
        return isinstance(self.error, Unreachable)


def everywhere(hosts: Sequence[Host], work: Callable[[Host], T], *, forks: int) -> Iterator[Reply[T]]:
    """Do it with every host, and close that; the replies in the order they come."""
    places = Places(forks)
    replies: queue.SimpleQueue[Reply[T] | BaseException] = queue.SimpleQueue()

    def one(host: Host) -> None:
        try:
            replies.put(_reply(LendingHost(host, places), work))
        except BaseException as error:
            replies.put(error)

    with places.filled(hosts, one, replies.put):
        for _ in hosts:
            reply = replies.get()
            if isinstance(reply, BaseException):
                raise reply
            yield reply


def _reply(host: Host, work: Callable[[Host], T]) -> Reply[T]:
    started = time.monotonic()
    try:
        answer = work(host)
    except RemediateError as error:
        return Reply(host=host.name, error=error, seconds=time.monotonic() - started)
    finally:
        host.close()
    return Reply(host=host.name, answer=answer, seconds=time.monotonic() - started)


def identity(host: Host) -> System:
    """What a host is, and who is logged in.

    Raises:
        TaskFailed: the host could not answer.
        Unreachable: there is no connection.
    """
    answer = ask(host, [Identity()], None)[Identity()]
    if isinstance(answer, Refused):
        raise answer.error
    return answer  # type: ignore[no-any-return]
