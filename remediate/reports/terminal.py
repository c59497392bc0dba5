"""What a person sees while a run goes on: a line a host and task, diffs, and a recap."""

import sys
from collections.abc import Sequence
from typing import IO

from rich.console import Console
from rich.text import Text

from remediate.engine.events import Counts, Event, HostEnded, PlayStarted, Recap, TaskEnded, Warned
from remediate.secrecy import Redactor

_COLOURS = {
    "ok": "green",
    "changed": "yellow",
    "failed": "bold red",
    "unreachable": "bold red",
    "skipped": "cyan",
    "unknown": "magenta",
}
_WOULD = {"changed": "would change"}


class Terminal:
    """Plain lines, in colour where the output is a terminal; there a last line shows how far the run is.

    `verbosity` 0 shows what was changed, failed, is unknown, or has a message of `debug`; 1 every task; 2
    results as well. `diff` shows the diffs.
    """

    def __init__(
        self, redactor: Redactor, *, verbosity: int = 0, diff: bool = False, out: IO[str] | None = None
    ) -> None:
        self._redactor = redactor
        self._verbosity = verbosity
        self._diff = diff
        self._console = Console(file=out or sys.stdout, highlight=False, soft_wrap=True, emoji=False)
        self._status = self._console.status("") if self._console.is_terminal else None
        self._dry_run = False
        self._hosts = 0
        self._done = 0

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case PlayStarted():
                self._start(event)
            case TaskEnded():
                self._task(event)
            case HostEnded():
                self._done += 1
                self._progress(event.play)
            case Warned(message=message):
                self._line(f"warning: {message}", "yellow")
            case Recap():
                self._recap(event)

    def _start(self, event: PlayStarted) -> None:
        self._dry_run = event.dry_run
        self._hosts, self._done = len(event.hosts), 0
        part = f", batch {event.batch} of {event.batches}" if event.batches > 1 else ""
        run = "dry run, nothing is changed" if event.dry_run else "apply"
        self._line(f"\nPLAY {event.play} ({len(event.hosts)} hosts{part}; {run})", "bold")
        self._progress(event.play)
        if self._status is not None:
            self._status.start()

    def _progress(self, play: str) -> None:
        if self._status is not None:
            self._status.update(f"{self._clean(play)}: {self._done} of {self._hosts} hosts")

    def _task(self, event: TaskEnded) -> None:
        if not self._is_shown(event):
            return
        word = _WOULD.get(event.status, event.status) if self._dry_run else event.status
        notes = [note for note, holds in (("ignored", event.ignored), ("rescued", event.rescued)) if holds]
        if event.certainty == "provisional":
            notes.append("provisional: an earlier command may change this")
        if event.attempts > 1:
            notes.append(f"{event.attempts} attempts")
        note = f" [{', '.join(notes)}]" if notes else ""
        says = f": {event.message}" if event.message and event.status != "skipped" else ""
        self._line(f"{word:<12} {event.host}  {event.task}{note}{says}", _COLOURS[event.status])
        if self._diff and event.diff:
            self._show_diff(event.diff)
        elif event.effects and self._verbosity:
            for effect in event.effects:
                self._line(f"    {effect}", "")
        if self._verbosity >= 2:
            self._line(f"    {event.place} {event.module} {event.seconds:.2f} s", "dim")
            for name, value in event.result.items():
                self._line(f"    {name}: {_brief(value)}", "dim")

    def _is_shown(self, event: TaskEnded) -> bool:
        if self._verbosity or event.status not in ("ok", "skipped"):
            return True
        return event.module == "debug" and event.status == "ok"

    def _show_diff(self, diff: str) -> None:
        colours = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}
        for line in diff.splitlines():
            self._line(f"    {line}", colours.get(line[:1], ""))

    def _recap(self, event: Recap) -> None:
        if self._status is not None:
            self._status.stop()
        self._line(f"\nRECAP ({event.seconds:.1f} s)", "bold")
        width = max((len(name) for name in event.hosts), default=0)
        for name, counts in event.hosts.items():
            self._line(f"{name:<{width}}  {_counts(counts, dry_run=event.dry_run)}", _colour(counts))
        self._line(_total(list(event.hosts.values()), dry_run=event.dry_run), "bold")

    def _line(self, text: str, style: str) -> None:
        self._console.print(Text(self._clean(text), style=style))

    def _clean(self, text: str) -> str:
        """Without secrets, and without what would steer the terminal: text from hosts is only text."""
        shown = self._redactor.redact(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        unsafe = "\N{REPLACEMENT CHARACTER}"
        return "".join(each if each.isprintable() or each == "\n" else unsafe for each in shown)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 500 else text[:500] + "..."


def _counts(counts: Counts, *, dry_run: bool) -> str:
    words = [f"ok={counts.ok}", f"{'would-change' if dry_run else 'changed'}={counts.changed}"]
    rest = ("unknown", "failed", "unreachable", "skipped", "rescued", "ignored")
    words += [f"{name}={getattr(counts, name)}" for name in rest if getattr(counts, name) or name == "failed"]
    return "  ".join(words) + ("  stopped before the end" if counts.stopped else "")


def _colour(counts: Counts) -> str:
    if counts.failed or counts.unreachable:
        return "red"
    return "yellow" if counts.changed or counts.unknown or counts.stopped else "green"


def _total(all_counts: Sequence[Counts], *, dry_run: bool) -> str:
    failed = sum(1 for counts in all_counts if counts.failed)
    unreachable = sum(1 for counts in all_counts if counts.unreachable)
    stopped = sum(1 for counts in all_counts if counts.stopped)
    changed = sum(1 for counts in all_counts if counts.changed)
    words = [f"{len(all_counts)} hosts: {changed} {'would be ' if dry_run else ''}changed, {failed} failed"]
    words.append(f"{unreachable} unreachable")
    if stopped:
        words.append(f"{stopped} stopped before the end")
    return ", ".join(words)
