"""The demo: the main job as a story, told with the same commands that a person would type."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from remediate.errors import RemediateError
from remediate.lab.fleet import lab_down, lab_status, lab_up
from remediate.records import dataclass

HOSTS = 8


def tell() -> int:
    """Tell the story; 0 if all of it came true."""
    with tempfile.TemporaryDirectory(prefix="remediate-demo-") as folder:
        story = _Story(Path(folder))
        with story.fleet():
            story.show_fleet("A fleet of Domino servers. The licence was renewed on the vendor's portal.")
            dry = story.run("First a dry run: what would be changed? Nothing is touched.", "-C", "-D")
            wet = story.run("The change board agrees. Now in earnest.")
            again = story.run("Once more: there must be nothing left to do.")
            check = story.recheck("Next week, a re-check: does it still hold?")
            story.show_fleet("The fleet now.")
        return story.verdict(dry, wet, again, check)


@dataclass(frozen=True)
class _Chapter:
    """One command: its exit code, and what its events say."""

    exit_code: int
    events: tuple[dict[str, Any], ...]

    def changes(self) -> set[tuple[str, str]]:
        """Host and task of each change."""
        return {(each["host"], each["task"]) for each in self.events if each.get("status") == "changed"}


class _Story:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lab = folder / "lab"
        self._chapters = 0
        self._playbooks = _playbooks()

    @contextmanager
    def fleet(self) -> Iterator[None]:
        """The servers, for as long as the story lasts."""
        lab_up(self._lab, hosts=HOSTS, not_renewed=0)
        try:
            yield
        finally:
            lab_down(self._lab)

    def show_fleet(self, title: str) -> None:
        """What each server's licence is like."""
        _headline(title)
        for server in lab_status(self._lab):
            task = "smdreal runs" if server.smdreal_running else "smdreal does not run"
            click.echo(f"  {server.name:<10} {server.platform:<8} licence {server.licence:<8} {task}")

    def run(self, title: str, *options: str) -> _Chapter:
        """`remediate run` of the licence renewal."""
        return self._command(title, "run", "license-renewal.yaml", *options)

    def recheck(self, title: str) -> _Chapter:
        """`remediate recheck`."""
        return self._command(title, "recheck", "recheck.yaml")

    def _command(self, title: str, command: str, playbook: str, *options: str) -> _Chapter:
        _headline(title)
        self._chapters += 1
        events = self._folder / f"events-{self._chapters}.jsonl"
        words = [command, str(self._playbooks / playbook), "-i", str(self._lab / "inventory.yaml"), *options]
        click.secho(
            f"$ remediate {command} playbooks/{playbook} -i lab/inventory.yaml {' '.join(options)}", bold=True
        )
        sys.stdout.flush()  # before the command writes to the same terminal
        hidden = ["--events", str(events), "--state-dir", str(self._folder / "state")]
        done = subprocess.run([sys.executable, "-m", "remediate", *words, *hidden], check=False)
        lines = events.read_text().splitlines() if events.exists() else []
        return _Chapter(done.returncode, tuple(json.loads(line) for line in lines))

    def verdict(self, dry: _Chapter, wet: _Chapter, again: _Chapter, check: _Chapter) -> int:
        """Whether the story was true."""
        failures = [
            what
            for what, holds in (
                ("every command succeeded", not any(c.exit_code for c in (dry, wet, again, check))),
                ("the dry run found something to change", bool(dry.changes())),
                ("the run changed exactly what the dry run showed", dry.changes() == wet.changes()),
                ("the second run changed nothing", not again.changes()),
            )
            if not _tick(what, holds)
        ]
        return 1 if failures else 0


def _tick(what: str, holds: bool) -> bool:
    click.secho(f"  {'yes' if holds else 'NO '}  {what}", fg="green" if holds else "red")
    return holds


def _headline(title: str) -> None:
    click.secho(f"\n== {title}", bold=True)


def _playbooks() -> Path:
    """The playbooks: inside the installed package, or at the top of a checkout.

    Raises:
        RemediateError: if they are in neither place.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "playbooks", package.parent / "playbooks"):
        if (candidate / "license-renewal.yaml").is_file():
            return candidate
    raise RemediateError("the playbooks are not installed", cure="install remediate again")
