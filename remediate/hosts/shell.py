"""One persistent Bourne shell on one SSH channel: batches of scripts in, their outputs back."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from remediate.errors import ShellEnded, TaskFailed
from remediate.facts.base import Output
from remediate.hosts.become import READY, Door
from remediate.hosts.framing import END, Batch
from remediate.hosts.pulse import Pulse
from remediate.hosts.streams import Basket, Bell
from remediate.secrecy import end_of

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that one batch may print: more would fill the controller's memory."""

_AT_ONCE = 32 * 1024
_CHUNK = 1024 * 1024


class Silence(Exception):  # noqa: N818 - not for users: the host's class makes a DeadlinePassed of it
    """The deadline passed before all the answers were there."""


class Flood(Exception):  # noqa: N818
    """The scripts printed more than MAX_OUTPUT."""


class Ended(Exception):  # noqa: N818
    """The shell or its channel ended before all the answers were there."""

    def __init__(self, status: int | None, complaint: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.complaint = complaint


class Shell:
    """A shell behind a paramiko channel that is open and has not been asked for anything yet.

    What may block for long, writing, is done by a thread when it is not known to be short; reading waits for
    a bell and never longer than the deadline.
    """

    def __init__(self, channel: Any, door: Door) -> None:
        self.pid: int | None = None
        """The shell's process id on the host, known after the first batch has begun."""
        self.usable = True
        """False after a batch that did not end as it should: what comes next would be that batch's."""
        self._channel = channel
        self._door = door
        self._bell = Bell()
        self._started = False
        self._unsent = b""  # what goes to the shell as soon as it is there
        self._pulse = Pulse(channel.transport)
        self._baskets = Basket(self._bell), Basket(self._bell)
        channel.in_buffer, channel.in_stderr_buffer = self._baskets
        if channel.closed or channel.eof_received:  # which was told to the buffers before these
            self._bell.set()

    def ask(self, scripts: Sequence[str], deadline: float) -> list[Output]:
        """Run the scripts one after another and wait for all of them.

        Args:
            scripts: Bourne-shell texts.
            deadline: when to give up, on the clock of `time.monotonic`.

        Raises:
            Silence, Flood, Ended: see there; the shell is not usable any more.
            TaskFailed: the shell could not be started, and why.
        """
        first = not self._started
        batch = Batch(scripts, first=first)
        self.usable = False
        if first:
            self._start(batch, deadline)
        else:
            self._drain()  # what was left running by those before may have said something since
            self._write(batch.text)
        for basket in self._baskets:
            basket.awaited = END
        try:
            self._collect(batch, deadline, until=lambda: batch.complete)
        except Ended as ended:
            if first and batch.pid is None and not self._lost:
                raise self._door.refusal(ended.complaint, prompted=0) from None
            raise
        finally:
            self.pid = batch.pid or self.pid
        self.usable = True
        return batch.outputs()

    def send(self, script: str, pieces: Iterable[bytes], deadline: float) -> Output:
        """Run one script that reads `pieces` from its standard input; the shell ends with it.

        Args:
            script: Bourne-shell text.
            pieces: read by another thread, no faster than the host takes them.
            deadline: when to give up, on the clock of `time.monotonic`.

        Raises:
            Silence, Flood, Ended: see there.
            TaskFailed: the shell could not be started; or what `pieces` raised, once the script has ended.
        """
        batch = Batch([script], fed=True)
        self.usable = False
        feeding = _Feeding(self._channel, pieces)
        self._start(batch, deadline)
        try:
            self._collect(batch, deadline, until=lambda: batch.pid is not None)
            self.pid = batch.pid
            self._in_background(feeding.run, b"")
            self._collect(batch, deadline, until=lambda: batch.complete)
        except Ended as ended:
            if batch.pid is None and not self._lost:
                raise self._door.refusal(ended.complaint, prompted=0) from None
            raise
        if feeding.error is not None:
            raise feeding.error
        return batch.outputs()[0]

    def close(self) -> None:
        """Close the channel; what still runs behind it is not stopped by that."""
        self.usable = False
        with contextlib.suppress(Exception):  # the connection may end at any moment, and the channel with it
            self._channel.close()

    @property
    def _lost(self) -> bool:
        return not self._channel.transport.is_active()

    def _start(self, batch: Batch, deadline: float) -> None:
        self._started = True
        self._request(self._door.command)
        if self._door.waits:
            self._enter(deadline)
            self._write(batch.text)
        else:
            self._unsent = batch.text

    def _request(self, command: str) -> None:
        """Ask for the shell; paramiko's `exec_command` would wait for the answer, however long it takes."""
        from paramiko.common import cMSG_CHANNEL_REQUEST  # noqa: PLC0415 - takes longer than `--help` may
        from paramiko.message import Message  # noqa: PLC0415

        message = Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(self._channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(True)
        message.add_string(command)
        self._channel.event = self._bell
        self._channel.transport._send_user_message(message)

    def _write(self, data: bytes) -> None:
        # What fits into the peer's window and into the socket's buffer does not block.
        if len(data) <= min(_AT_ONCE, self._channel.out_window_size):
            self._channel.sendall(data)
        else:
            self._in_background(self._channel.sendall, data)

    def _in_background(self, function: Any, argument: bytes | str) -> None:
        def work() -> None:
            try:
                function(argument)
            except Exception:  # the channel is closed: the reader sees it by itself, and says why
                self._bell.set()

        threading.Thread(target=work, daemon=True, name="remediate-write").start()

    def _enter(self, deadline: float) -> None:
        """Give the password when it is asked for, and wait until the other user's shell is there."""
        out, err, prompted = b"", b"", 0
        self._pulse.felt()
        while READY not in out:
            over = self._wait(deadline)
            stdout, stderr = self._drain()
            out, err = out + stdout, err + stderr
            asked = err.count(self._door.prompt)
            if asked > prompted:
                prompted = asked
                if prompted > 1 or self._door.password is None:
                    raise self._door.refusal(out + err, prompted=prompted)
                self._channel.sendall(self._door.password)
            elif over and READY not in out:
                if self._lost:
                    raise Ended(None, err)
                raise self._door.refusal(out + err, prompted=prompted)

    def _collect(self, batch: Batch, deadline: float, *, until: Callable[[], bool]) -> None:
        self._pulse.felt()
        while True:
            over = self._wait(deadline)
            if self._unsent and self._channel.event_ready:
                text, self._unsent = self._unsent, b""
                with contextlib.suppress(OSError, EOFError):  # it has just ended: why, is on its streams
                    self._write(text)
            batch.feed(*self._drain())
            if until():
                return
            if over:
                status = self._channel.exit_status if self._channel.exit_status_ready() else None
                raise Ended(status if status != -1 else None, batch.complaint)
            if batch.size > MAX_OUTPUT:
                raise Flood

    def _wait(self, deadline: float) -> bool:
        """Wait for something to read; whether the channel has ended before it was read."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise Silence
        if not self._bell.wait(min(remaining, 1.0)):
            self._pulse.look()
        channel = self._channel
        if not (channel.closed or channel.eof_received or channel.exit_status_ready()):
            return False
        # Output, end of file and exit status come in any order, the closing last.
        settled = time.monotonic() + min(remaining, 1.0)
        while not channel.closed and time.monotonic() < settled:
            self._bell.wait(settled - time.monotonic())
        return True

    def _drain(self) -> tuple[bytes, bytes]:
        channel, out, err = self._channel, [], []
        while channel.recv_ready():
            out.append(channel.recv(_CHUNK))
        while channel.recv_stderr_ready():
            err.append(channel.recv_stderr(_CHUNK))
        if out or err:
            self._pulse.felt()
        return b"".join(out), b"".join(err)


class _Feeding:
    """Pieces on their way into a channel, and its end of file after them."""

    def __init__(self, channel: Any, pieces: Iterable[bytes]) -> None:
        self.error: TaskFailed | None = None
        self._channel = channel
        self._pieces = pieces

    def run(self, _: object) -> None:
        """Send all of them; what the script makes of a part, if they cannot all be had, is its business."""
        try:
            for piece in self._pieces:
                self._channel.sendall(piece)
        except TaskFailed as error:
            self.error = error
        self._channel.shutdown_write()


def stop_script(pid: int) -> str:
    """Bourne text that ends the process group of a shell: asked at once, forced after two seconds.

    The group is only signalled if the shell or its parent (sudo, su) leads it: else it may be a server's.
    """
    return f"""\
set x `ps -o pgid= -o ppid= -p {pid} 2>/dev/null`
group=${{2-{pid}}}
case $group in {pid}|${{3-0}}) victim=-$group;; *) victim={pid};; esac
kill -15 $victim 2>/dev/null
( sleep 2; kill -9 $victim ) >/dev/null 2>&1 &
exit 0
"""


def unexpected_end(ended: Ended) -> ShellEnded:
    """The shell ended in the middle of a batch: what is known of it."""
    status = "" if ended.status is None else f" with status {ended.status}"
    said = end_of(ended.complaint.decode("utf-8", "replace"))
    return ShellEnded(
        f"the shell on the host ended{status} before it answered" + (f": {said}" if said else "")
    )
