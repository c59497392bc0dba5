"""Outputs that end nothing: while hosts are changed, what cannot be written is left out, and said once."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast


class Steady:
    """What is written goes to a stream, until that takes nothing any more; then it goes nowhere."""

    def __init__(self, stream: TextIO | None, tell: Callable[[str], None]) -> None:
        """`tell` is called once, with why the stream takes nothing; there is none if it was closed."""
        self._stream = stream
        self._tell = tell

    @property
    def encoding(self) -> str:
        """That of the stream, as rich and click ask for it."""
        return "utf-8" if self._stream is None else self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write it, if it can be written."""
        if self._stream is not None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(self._stream, error)
        return len(text)

    def flush(self) -> None:
        """Write at once what was kept back, if it can be written."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(self._stream, error)

    def close(self) -> None:
        """Write what was kept back, and close the stream."""
        self.flush()
        if self._stream is not None:
            self._stream.close()

    def _give_up(self, stream: TextIO, error: OSError) -> None:
        self._stream = None
        with suppress(OSError):  # else what the stream has kept back would fail at its end again
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        self._tell(error.strerror or str(error))


@contextmanager
def steady_outputs(goes_on: str) -> Iterator[None]:
    """Let stdout and stderr end nothing; `goes_on` says on stderr what happens although nobody sees it."""
    stdout, stderr = sys.stdout, sys.stderr
    silent = cast(TextIO, Steady(stderr, lambda _why: None))

    def tell(why: str) -> None:
        silent.write(f"warning: the output cannot be written any more: {why}; {goes_on}\n")
        silent.flush()

    sys.stdout, sys.stderr = cast(TextIO, Steady(stdout, tell)), silent
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout, sys.stderr = stdout, stderr
