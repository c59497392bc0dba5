"""What the engine's tests share."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from runs import Ran, perform


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """Performs a playbook's text in a folder of its own; several calls share it."""
    return partial(perform, tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory that playbooks know as `{{ root }}`."""
    made = tmp_path / "root"
    made.mkdir()
    return made
