"""For what a reader of answers is woken: for their end, wherever it is cut, and not for each piece."""

import subprocess
import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hosts_makers import LONG

from remediate.hosts.become import Door
from remediate.hosts.pulse import Pulse
from remediate.hosts.shell import Shell
from remediate.hosts.streams import Bell


class Channel:
    """A paramiko channel to a shell, each of whose two streams comes cut at the places given."""

    remote_chanid, out_window_size = 0, 2**21
    closed = eof_received = False
    event_ready = True
    in_buffer: Any
    in_stderr_buffer: Any
    event: Any

    def __init__(self, cuts: Sequence[int]) -> None:
        self.transport = SimpleNamespace(
            _send_user_message=lambda _: self.event.set(), is_active=lambda: True
        )
        self._cuts = cuts

    def sendall(self, text: bytes) -> None:
        done = subprocess.run(["/bin/sh"], input=text, capture_output=True, check=True)
        threading.Thread(target=self._answer, args=(done.stdout, done.stderr)).start()

    def _answer(self, stdout: bytes, stderr: bytes) -> None:
        for basket, data in ((self.in_buffer, stdout), (self.in_stderr_buffer, stderr)):
            at = 0
            for cut in self._cuts:
                basket.feed(data[at : len(data) + cut])
                at = len(data) + cut
            basket.feed(data[at:])

    def exit_status_ready(self) -> bool:
        return False

    def recv_ready(self) -> bool:
        return bool(self.in_buffer.read_ready())

    def recv_stderr_ready(self) -> bool:
        return bool(self.in_stderr_buffer.read_ready())

    def recv(self, size: int) -> bytes:
        return bytes(self.in_buffer.read(size, None))

    def recv_stderr(self, size: int) -> bytes:
        return bytes(self.in_stderr_buffer.read(size, None))


@pytest.mark.parametrize("cuts", [[], [-1], [-2], [-3], [-4], [-3, -2, -1], [-30, -20, -10]])
def test_the_end_of_the_answers_wakes_their_reader(
    cuts: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the last mark is cut, nobody waits for it in vain, batch after batch."""
    looks: list[object] = []
    wait = Bell.wait
    monkeypatch.setattr(Bell, "wait", lambda bell, _seconds: wait(bell, LONG))  # a busy machine is slow
    monkeypatch.setattr(Pulse, "look", looks.append)  # what a reader does who has waited for so long
    channel = Channel(cuts)
    shell = Shell(channel, Door("/bin/sh", None))
    for word in (b"one", b"two"):
        out, err = shell.ask([f"echo {word.decode()}", "echo no >&2; exit 3"], time.monotonic() + LONG)
        assert (out.stdout, err.stderr, err.status) == (word + b"\n", b"no\n", 3)
    assert not looks


def test_what_comes_before_the_end_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a few pieces only the last of each stream rings, and the server's yes before them."""
    rings: list[object] = []
    ring = Bell.set
    monkeypatch.setattr(Bell, "set", lambda bell: (rings.append(bell), ring(bell)))
    shell = Shell(Channel([-60, -50, -40, -30]), Door("/bin/sh", None))
    shell.ask(["echo a", "echo b", "echo c"], time.monotonic() + LONG)
    assert len(rings) == 3
