"""Whether hosts can be reached and logged in to, and what they are."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from remediate.engine.asking import Refused, ask
from remediate.errors import RemediateError, Unreachable
from remediate.facts.system import Identity, System
from remediate.hosts.host import Host


@dataclass(frozen=True, kw_only=True)
class Pong:
    """One host's answer, or why there is none."""

    host: str
    system: System | None = None
    error: RemediateError | None = None
    seconds: float = 0.0

    @property
    def unreachable(self) -> bool:
        """Whether there was no connection at all."""
        return isinstance(self.error, Unreachable)


def ping_all(hosts: Sequence[Host], *, forks: int) -> Iterator[Pong]:
    """Ask every host, many at a time; the answers in the order they come."""
    with ThreadPoolExecutor(max(1, min(forks, len(hosts)))) as pool:
        futures = [pool.submit(_ping, host) for host in hosts]
        for future in as_completed(futures):
            yield future.result()


def _ping(host: Host) -> Pong:
    started = time.monotonic()
    try:
        answer = ask(host, [Identity()], None)[Identity()]
    except RemediateError as error:
        return Pong(host=host.name, error=error, seconds=time.monotonic() - started)
    finally:
        host.close()
    seconds = time.monotonic() - started
    if isinstance(answer, Refused):
        return Pong(host=host.name, error=answer.error, seconds=seconds)
    return Pong(host=host.name, system=answer, seconds=seconds)
