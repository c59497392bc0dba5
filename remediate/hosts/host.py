"""One host as the engine sees it: ask it some scripts, in one round trip, within a deadline."""

import contextlib
import itertools
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from remediate.errors import (
    ConnectionLost,
    DeadlinePassed,
    RemediateError,
    ShellEnded,
    TaskFailed,
    Unreachable,
)
from remediate.facts.base import Output
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.hosts.become import Door
from remediate.hosts.shell import MAX_OUTPUT, Ended, Flood, Shell, Silence, stop_script, unexpected_end
from remediate.hosts.target import Become, Target

if TYPE_CHECKING:  # these load Fabric, which takes longer than `remediate --help` may
    from remediate.hosts.connect import Connector

_ATTEMPTS = 3
_LONGEST_PAUSE = 10.0
_SETTLING = 0.3
_STOP_SECONDS = 6.0


class Host(Protocol):
    """What the engine needs of a host. One thread at a time uses one."""

    name: str

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        """Run scripts one after another, each in a subshell of its own; their outputs in the same order.

        Nothing is ever sent twice: if the connection breaks, what ran is not known. The next call opens it
        anew, and tries that for as long as its deadline allows, unless the login is refused.

        Args:
            scripts: Bourne-shell texts; they all go in one round trip.
            become: as whom; None means the inventory's choice, or else the login user.
            deadline: seconds for all of them together, not counting the time for the first connection.

        Raises:
            DeadlinePassed: not all have ended in time; what still ran was stopped, as far as possible.
            TaskFailed: the user could not be become, the shell ended, or too much was printed.
            ConnectionLost: the connection broke meanwhile; another call may be luckier.
            Unreachable: no connection could be made, and none will be.
        """
        ...

    def send(
        self, script: str, pieces: Iterable[bytes], *, become: Become | None = None, deadline: float
    ) -> Output:
        """Run one script that reads `pieces` from its standard input, in a shell of its own; never twice.

        The pieces are read one after another, no faster than the host takes them. If they fail half way, the
        script sees its input end early; when it has ended, their error is raised.

        Args:
            script: Bourne-shell text.
            pieces: any bytes.
            become: see `ask`.
            deadline: seconds, not counting the time for the first connection.

        Raises:
            DeadlinePassed, ConnectionLost, Unreachable: see `ask`.
            TaskFailed: see `ask`; or what the pieces raised.
        """
        ...

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        """Send an HTTP request from the host, through the connection there is; it is never sent twice.

        Args:
            request: what, and where to; its address is as seen from the host.
            deadline: seconds, not counting the time for the first connection to the host.

        Raises:
            DeadlinePassed: no whole answer in time; what the request did is not known.
            TaskFailed: nobody listens there, it is no HTTP, its certificate is wrong, or a login failed.
            ConnectionLost, Unreachable: see `ask`.
        """
        ...

    def aside(self, scripts: Sequence[str], *, become: Become | None, deadline: float) -> list[Output]:
        """Run short scripts beside what another thread has asked, on a channel of their own.

        Returns:
            their outputs; none at all if that is not possible now, for whatever reason.
        """
        ...

    def close(self) -> None:
        """End the connection. What still runs on the host is not stopped by that."""
        ...


class SshHost:
    """A host over SSH: connects when it is first asked, keeps one shell for each user it becomes."""

    def __init__(self, target: Target, connector: "Connector", *, pause: float) -> None:
        self.name = target.name
        self._target = target
        self._connector = connector
        self._pause = pause
        self._connection: Any = None
        self._shells: dict[Become | None, Shell] = {}
        self._refused: Unreachable | None = None

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        """See `Host.ask`."""
        if not scripts:
            return []
        until = self._be_connected(deadline)
        user = self._target.become_for(become)
        shell = self._shell(user)
        with self._at_work(shell, user, deadline):
            return shell.ask(scripts, until)

    def send(
        self, script: str, pieces: Iterable[bytes], *, become: Become | None = None, deadline: float
    ) -> Output:
        """See `Host.send`."""
        until = self._be_connected(deadline)
        user = self._target.become_for(become)
        shell = self._open_shell(user, self._target.connect_timeout)
        with self._at_work(shell, user, deadline):
            output = shell.send(script, pieces, until)
        shell.close()
        return output

    @contextlib.contextmanager
    def _at_work(self, shell: Shell, user: Become | None, deadline: float) -> Iterator[None]:
        """Tell what goes wrong with a shell at work in the host's name, and see that nothing runs on."""
        try:
            yield
        except Silence:
            raise DeadlinePassed(
                f"no answer within {deadline:g} s; {self._stop(shell, user)}", where=self.name
            ) from None
        except Flood:
            size = f"{MAX_OUTPUT // 1024 // 1024} MiB"
            raise TaskFailed(
                f"more than {size} of output; {self._stop(shell, user)}", where=self.name
            ) from None
        except Ended as ended:
            shell.close()
            if not self._is_connected(settled=ended.status is not None):
                raise self._lost("while it was at work; what it did is not known") from None
            raise ShellEnded(unexpected_end(ended).what, where=self.name) from None
        except TaskFailed as error:
            shell.close()
            raise TaskFailed(error.what, where=self.name, cure=error.cure) from None
        except (OSError, EOFError) as error:
            shell.close()
            raise self._lost(f"while a script was sent ({error or type(error).__name__})") from None

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        """See `Host.fetch`."""
        from remediate.hosts.http import fetch  # noqa: PLC0415 - few playbooks need it

        until = self._be_connected(deadline)
        try:
            return fetch(request, self._tunnel, until - time.monotonic())
        except TaskFailed as error:
            if not self._is_connected():
                raise self._lost("while a request was under way; what it did is not known") from None
            raise type(error)(error.what, where=self.name, cure=error.cure) from None

    def aside(self, scripts: Sequence[str], *, become: Become | None, deadline: float) -> list[Output]:
        """See `Host.aside`."""
        try:
            shell = self._open_shell(self._target.become_for(become), deadline)
            try:
                return shell.ask(scripts, time.monotonic() + deadline)
            finally:
                shell.close()
        except Exception:  # the connection may end at any moment: whoever waits in `ask` tells it
            return []

    def close(self) -> None:
        """See `Host.close`."""
        connection, self._connection = self._connection, None
        self._shells.clear()
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.client.close()

    def _shell(self, user: Become | None) -> Shell:
        shell = self._shells.get(user)
        if shell is None or not shell.usable:
            shell = self._shells[user] = self._open_shell(user, self._target.connect_timeout)
        return shell

    def _open_shell(self, user: Become | None, seconds: float) -> Shell:
        try:
            door = Door(self._target.shell, user)
            channel = self._connection.transport.open_session(timeout=seconds)
        except RemediateError as error:
            raise type(error)(error.what, where=self.name, cure=error.cure) from None
        except Exception as error:
            if not self._is_connected(settled=False):
                raise self._lost("when a shell was to be opened") from None
            raise Unreachable(
                f"the server opened no further session: {error}",
                where=self.name,
                cure="raise MaxSessions in its sshd_config: one session for each user, and one to spare",
            ) from None
        return Shell(channel, door)

    def _tunnel(self, endpoint: Endpoint, seconds: float) -> Any:
        from remediate.hosts.tunnel import open_tunnel  # noqa: PLC0415 - loads paramiko

        return open_tunnel(self._connection.transport, endpoint, seconds)

    def _is_connected(self, *, settled: bool = True) -> bool:
        """Whether there is a connection; one that breaks may end its channels a moment before itself."""
        limit = time.monotonic() + (0.0 if settled else _SETTLING)
        while self._connection is not None and self._connection.is_connected:
            if time.monotonic() >= limit:
                return True
            time.sleep(0.01)
        return False

    def _be_connected(self, deadline: float) -> float:
        """Connect if there is no connection; the moment, on the monotonic clock, when the deadline passes."""
        until = time.monotonic() + deadline
        if self._is_connected():
            return until
        if self._connection is None:
            self._connect(_ATTEMPTS * self._target.connect_timeout, "", most=_ATTEMPTS)
            return time.monotonic() + deadline
        self._connect(deadline, "the connection was lost, and ")
        if time.monotonic() >= until:
            raise self._lost("and came back too late")
        return until

    def _connect(self, seconds: float, before: str, most: float = math.inf) -> None:
        """Connect, with no more than so many attempts, and none that begins after so many seconds."""
        if self._refused is not None:
            # All attempts were made: more would only keep others waiting, or lock an account.
            raise self._refused
        self.close()
        from remediate.hosts.refusals import Attempt  # noqa: PLC0415 - loads paramiko

        until = time.monotonic() + seconds
        for tries in itertools.count(1):
            try:
                self._connection = self._connector.open(self._target)
            except Attempt as failed:
                pause = self._pause_after(tries)
                if failed.again and tries < most and time.monotonic() + pause < until:
                    time.sleep(pause)
                    continue
                error = failed.error
                counted = f" ({tries} attempts)" if failed.again else ""
                self._refused = type(error)(before + error.what + counted, where=self.name, cure=error.cure)
                raise self._refused from None
            return

    def _pause_after(self, tries: int) -> float:
        """Seconds, more after each attempt; hosts that failed together do not come again together."""
        doubled = self._pause * 2.0 ** min(tries - 1, 30)  # at some time a float has no room for more
        return min(doubled, _LONGEST_PAUSE) + random.uniform(0, self._pause)  # noqa: S311 - no secret

    def _lost(self, when: str) -> ConnectionLost:
        return ConnectionLost(f"the connection was lost {when}", where=self.name)

    def _stop(self, shell: Shell, user: Become | None) -> str:
        """End what still runs in a shell, within bounded time; in words, whether that worked."""
        stopped = False
        if shell.pid is not None and self._is_connected():
            with contextlib.suppress(Exception):
                helper = self._open_shell(user, _STOP_SECONDS)
                until = time.monotonic() + _STOP_SECONDS
                stopped = helper.ask([stop_script(shell.pid)], until)[0].status == 0
                helper.close()
        with contextlib.suppress(Exception):
            shell.close()
        if not stopped:
            # A peer that does not even answer this is of no use any more.
            self._drop()
        return "what still ran was stopped" if stopped else "it may still be running"

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.client.close()
