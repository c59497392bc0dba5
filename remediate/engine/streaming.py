"""What a claimed command prints while it runs, shown before it has come to its end."""

import threading
from collections.abc import Callable
from types import TracebackType

from remediate.bourne import decode
from remediate.facts.base import Output
from remediate.hosts.host import Host
from remediate.hosts.once import peek
from remediate.hosts.spool import Spool
from remediate.hosts.target import Become

Tell = Callable[[list[str]], None]
"""Gets whole lines; called by another thread than the host's."""

_EVERY = 2.0
"""Seconds between two looks: most commands are through before the first one."""

_DEADLINE = 10.0
_PATIENCE = 1.0
"""Seconds that the end of a command waits for a look that is under way."""

_BLOCK = 512
_STREAMS = ("out", "err")


class Streaming:
    """Looks at a claim while another thread waits for its end; nothing rests on what it shows."""

    def __init__(self, host: Host, spool: Spool, key: str, become: Become | None, tell: Tell) -> None:
        """Nothing is looked at before the first seconds are over."""
        self._host = host
        self._spool = spool
        self._key = key
        self._become = become
        self._tell = tell
        self._over = threading.Event()
        self._shown = dict.fromkeys(_STREAMS, 0)
        self._thread = threading.Thread(target=self._watch, name="remediate-output", daemon=True)

    def __enter__(self) -> "Streaming":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_PATIENCE)

    def finish(self, output: Output) -> None:
        """Show the rest of the whole output, if a part of it was shown."""
        if any(self._shown.values()):
            for stream, data in zip(_STREAMS, (output.stdout, output.stderr), strict=True):
                self._show(stream, 0, data, last=True)

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            blocks = {stream: shown // _BLOCK for stream, shown in self._shown.items()}
            scripts = [
                peek(spool=self._spool, key=self._key, stream=stream, block=block)
                for stream, block in blocks.items()
            ]
            found = self._host.aside(scripts, become=self._become, deadline=_DEADLINE)
            if self._over.is_set():
                return
            for (stream, block), output in zip(blocks.items(), found, strict=False):
                self._show(stream, block * _BLOCK, output.stdout, last=False)

    def _show(self, stream: str, start: int, data: bytes, *, last: bool) -> None:
        """Hand on the whole lines behind what was shown already; `data` begins at the byte `start`."""
        new = data[self._shown[stream] - start :]
        whole = new if last else new[: new.rfind(b"\n") + 1]
        if whole:
            self._shown[stream] += len(whole)
            self._tell(decode(whole).removesuffix("\n").split("\n"))
