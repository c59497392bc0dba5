"""Ctrl-C in the middle of a run that tests perform in their own process."""

import os
import signal
import threading
from collections.abc import Sequence

import pytest
from runs import Hook

from remediate.engine.run import Run


def pressed_once(monkeypatch: pytest.MonkeyPatch, *, at: str = "") -> Hook:
    """A hook that presses it over the first script with this text, and comes back when the run knows.

    The signal is heard by another thread than the host's, which may be late on a busy machine.
    """
    heard, interrupt = threading.Event(), Run.interrupt

    def interrupted(run: Run) -> None:
        interrupt(run)
        heard.set()

    def press(scripts: Sequence[str]) -> None:
        if not heard.is_set() and any(at in script for script in scripts):
            os.kill(os.getpid(), signal.SIGINT)
            assert heard.wait(60)

    monkeypatch.setattr(Run, "interrupt", interrupted)
    return press
