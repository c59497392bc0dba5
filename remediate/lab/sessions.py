"""One command of an SSH client: a `/bin/sh` in its server's world, tied to a channel both ways.

Two threads a command: one carries the channel to the shell's input, one the shell's outputs to the channel.
Both end when the shell has ended or the client has gone, whatever background processes may still hold open.
"""

import logging
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST

from remediate.lab.faults import Cutter

_log = logging.getLogger(__name__)
_CHUNK = 32 * 1024
_CONNECTION_LOST = (OSError, EOFError)
"""What paramiko raises when it sends on a connection that is going or gone."""


class ShellSession:
    """A command on a channel, from `start` to its exit status."""

    def __init__(
        self,
        channel: paramiko.Channel,
        command: bytes | None,
        *,
        home: Path,
        environment: Mapping[str, str],
        shell: Sequence[str],
        cutter: Cutter,
        cut: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._command = [b"-c", command] if command is not None else []
        self._home = home
        self._environment = environment
        self._shell = shell
        self._cutter = cutter
        self._cut = cut
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = False
        self._wake_reader, self._wake_writer = os.pipe()

    @property
    def channel(self) -> paramiko.Channel:
        """The channel that the command answers on."""
        return self._channel

    def start(self) -> None:
        """Begin in threads of its own; returns at once."""
        threading.Thread(target=self._run, name="lab-session", daemon=True).start()

    def hang_up(self) -> None:
        """The client has gone: the command and what it started get SIGHUP. May be called at any time."""
        with self._lock:
            if self._gone or self._wake_writer < 0:
                return
            self._gone = True
            os.write(self._wake_writer, b"x")
            if self._process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGHUP)

    def _run(self) -> None:
        try:
            self._carry()
        except OSError as error:
            _log.warning("a command could not be run in %s: %s", self._home, error)
        finally:
            with self._lock:
                os.close(self._wake_writer)
                self._wake_writer = -1
            os.close(self._wake_reader)
            self._close_channel()

    def _carry(self) -> None:
        before, after = self._cutter.piece() if self._command else (False, False)
        if before:
            self._cut()
            return
        with self._lock:
            if self._gone:
                return
            self._process = process = subprocess.Popen(
                [*self._shell, *self._command],
                cwd=self._home,
                env=dict(self._environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        stdin, stdout, stderr = (
            cast(IO[bytes], end) for end in (process.stdin, process.stdout, process.stderr)
        )
        feeder = threading.Thread(target=self._feed, args=(stdin,), name="lab-stdin", daemon=True)
        feeder.start()
        if after:
            self._cut()
        try:
            with stdout, stderr:
                self._drain(stdout, stderr)
            status = process.wait()
            if not self._gone:
                with suppress(*_CONNECTION_LOST):
                    self._report(status)
        finally:
            # Ends the feeder's wait for the channel; its wait for a full pipe ends with the wake-up.
            self._close_channel()
            os.write(self._wake_writer, b"x")
            feeder.join()

    def _close_channel(self) -> None:
        with suppress(*_CONNECTION_LOST):
            self._channel.close()

    def _drain(self, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        """Both outputs share the channel's window, so that one thread is enough for the two."""
        send = {stdout.fileno(): self._channel.sendall, stderr.fileno(): self._channel.sendall_stderr}
        poll = select.poll()
        for descriptor in (*send, self._wake_reader):
            poll.register(descriptor, select.POLLIN)
        while send:
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_reader:
                    return
                data = os.read(descriptor, _CHUNK)
                if not data:
                    poll.unregister(descriptor)
                    del send[descriptor]
                    continue
                try:
                    send[descriptor](data)
                except _CONNECTION_LOST:
                    self.hang_up()
                    return

    def _feed(self, stdin: IO[bytes]) -> None:
        os.set_blocking(stdin.fileno(), False)
        poll = select.poll()
        poll.register(stdin.fileno(), select.POLLOUT)
        poll.register(self._wake_reader, select.POLLIN)
        listening = True
        with stdin:
            while data := self._receive():
                before, after = self._cutter.piece()
                if before:
                    self._cut()
                    return
                # A shell that has closed its input lets the client go on sending, into nothing.
                while data and listening:
                    if any(descriptor == self._wake_reader for descriptor, _ in poll.poll()):
                        return
                    try:
                        data = data[os.write(stdin.fileno(), data) :]
                    except BlockingIOError:
                        continue
                    except BrokenPipeError:
                        listening = False
                if after:
                    self._cut()
                    return

    def _receive(self) -> bytes:
        # Taking from the channel also sends: it tells the client how much more it may send.
        try:
            return self._channel.recv(_CHUNK)
        except _CONNECTION_LOST:
            return b""

    def _report(self, status: int) -> None:
        self._channel.shutdown_write()
        if status >= 0:
            self._channel.send_exit_status(status)
            return
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(self._channel.remote_chanid)
        message.add_string("exit-signal")
        message.add_boolean(False)
        message.add_string(signal.Signals(-status).name.removeprefix("SIG"))
        message.add_boolean(False)
        message.add_string("")
        message.add_string("")
        self._channel.get_transport()._send_user_message(message)  # type: ignore[attr-defined]
