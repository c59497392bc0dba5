"""A small HTTP task, and plays against it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from domino_web import Domino, serving
from domino_web_play import CODE, Play
from runs import Ran, perform


@pytest.fixture
def domino() -> Iterator[Domino]:
    """An HTTP task with two licences for AIX, of which 2 is the renewed one, and one for Linux."""
    with serving(Domino()) as task:
        task.add(1, LabPlatform="AIX", LabExpiry="20140131", LabActivationCode=CODE, Remark=f"was {CODE}")
        task.add(2, LabPlatform="aix", LabExpiry="20150131")
        task.add(3, LabPlatform="Linux", LabExpiry="20140131")
        yield task


@pytest.fixture
def play(domino: Domino, tmp_path: Path) -> Play:
    """Performs tasks against the HTTP task; `server` adds to how it is reached."""

    def run(tasks: str, *, server: dict[str, Any] | None = None, dry: bool = False) -> Ran:
        variables = {"domino_http": domino.server(**(server or {}))}
        book = [{"name": "a play", "hosts": "all", "vars": variables, "tasks": yaml.safe_load(tasks)}]
        return perform(tmp_path, yaml.safe_dump(book, sort_keys=False), dry_run=dry)

    return run
