"""What a person sees while a run goes on: a line a host and task, diffs, and a summary at the end."""

import sys
from collections.abc import Mapping, Sequence
from typing import IO

from remediate.engine.events import (
    Counts,
    Event,
    HostEnded,
    PersonAsked,
    PlayStarted,
    Printed,
    Recap,
    TaskEnded,
    Warned,
)
from remediate.reports.cleaning import indented, printable
from remediate.reports.fleet_tables import FleetTables, notes
from remediate.reports.outputs import lines_of, outputs_of
from remediate.reports.screen import screen_on
from remediate.reports.words import counted, named, place_told
from remediate.secrecy import Redactor

_COLOURS = {
    "ok": "green",
    "changed": "yellow",
    "failed": "bold red",
    "unreachable": "bold red",
    "skipped": "cyan",
    "unknown": "magenta",
}

_REMINDER, _RESULT = 160, 500
"""Letters of a message that the summary repeats, and of a value that -vv shows."""


class Terminal:
    """Plain lines, in colour where the output is a terminal; there a last line shows how far the run is.

    `verbosity` 0 shows what was changed, may be changed, failed, or has a message of `debug`; 1 every task; 2
    results as well. `diff` shows the diffs, and like a dry run all changes, whatever `changed_when` says. The
    tables of a play come at its end. The summary names what only the apply can tell.
    """

    def __init__(
        self, redactor: Redactor, *, verbosity: int = 0, diff: bool = False, out: IO[str] | None = None
    ) -> None:
        self._redactor = redactor
        self._verbosity = verbosity
        self._diff = diff
        self._screen = screen_on(out or sys.stdout)
        self._tables = FleetTables(redactor)
        self._dry_run = False
        self._hosts = 0
        self._done = 0
        self._changed: dict[str, list[str]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._by_hand: dict[str, list[str]] = {}
        self._failed: list[tuple[str, str, str]] = []
        self._live: dict[str, set[str]] = {}

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case PlayStarted():
                self._start(event)
            case TaskEnded(replayed=True):
                pass
            case TaskEnded():
                self._tables.note(event)
                self._note(event)
                self._task(event)
            case Printed():
                self._printed(event)
            case PersonAsked():
                self._person(event)
            case HostEnded():
                self._done += 1
                self._progress(event.play)
            case Warned(message=message):
                self._line(f"warning: {message}", "yellow")
            case Recap():
                self._recap(event)

    def close(self) -> None:
        """Give the terminal back, also when the run was broken off."""
        self._screen.end_progress()

    def _start(self, event: PlayStarted) -> None:
        if event.batch == 1:
            self._show_tables()
        self._tables.start(event)
        self._dry_run = event.dry_run
        self._hosts, self._done = len(event.hosts), 0
        part = f", batch {event.batch} of {event.batches}" if event.batches > 1 else ""
        run = "dry run, nothing is changed" if event.dry_run else "apply"
        about = f" ({counted(len(event.hosts), 'host')}{part}; {run})"
        self._title(event.play, "bold", before="PLAY ", behind=about)
        self._progress(event.play)
        self._screen.begin_progress()

    def _progress(self, play: str) -> None:
        name = printable(self._redactor.redact(play))
        self._screen.progress(f"{name}: {self._done} of {self._hosts} hosts")

    def _person(self, event: PersonAsked) -> None:
        self._screen.end_progress()  # until the next play: it would write over what the person types
        self._title(
            "", "bold yellow", before=f"TO BE DONE BY A PERSON, for {counted(len(event.hosts), 'host')}:"
        )
        self._own(f"    {', '.join(event.hosts)}", "bold")
        for line in event.prompt.strip("\n").split("\n"):
            self._line(f"    {line}", "")

    def _printed(self, event: Printed) -> None:
        self._live.setdefault(event.host, set()).update(event.lines)
        for line in event.lines:
            self._line(f"{event.task} | {line}", "dim", before=f"{'running':<12} {event.host}  ")

    def _note(self, event: TaskEnded) -> None:
        """Keep what the summary will say."""
        if event.status == "changed":
            self._changed.setdefault(event.task, []).append(event.host)
        elif self._is_for_a_person(event):
            self._by_hand.setdefault(event.task, []).append(event.host)
        elif event.status == "unknown":
            self._unknown.setdefault(event.task, []).append(event.host)
        elif event.status in ("failed", "unreachable") and not event.ignored and not event.rescued:
            self._failed.append((event.host, event.task, event.message))

    def _task(self, event: TaskEnded) -> None:
        if not self._is_shown(event):
            return
        marks = {
            "ignored": event.ignored,
            "rescued": event.rescued,
            "changed_when: false": event.unsaid and not event.ignored,
            "provisional": event.certainty == "provisional",
            f"{event.attempts} attempts": event.attempts > 1,
        }
        notes = [mark for mark, holds in marks.items() if holds]
        note = f" [{', '.join(notes)}]" if notes else ""
        tells = event.message and event.status != "skipped" and self._verbosity >= _wanted(event)
        says = f": {event.message}" if tells else ""
        colour = "yellow" if _beyond(event) else _COLOURS[event.status]
        begin = f"{self._word(event):<12} {event.host}  "
        self._line(f"{event.task}{note}{says}", colour, before=begin)
        if (at := place_told(event.status, event.place, event.message)) and self._verbosity < 2:
            self._own(f"    {at}", "dim")
        if self._diff and event.diff:
            self._show_diff(event.diff)
        elif event.effects and (self._verbosity or self._dry_run):
            for effect in event.effects:
                self._line(f"    {effect}", "")
        if self._verbosity:
            self._show_outputs(event)
        if self._verbosity >= 2:
            self._own(f"    {event.place} {event.module} {event.seconds:.2f} s", "dim")
            for name, value in event.result.items():
                self._line(f"    {name}: {_short(repr(self._redactor.redact_all(value)), _RESULT)}", "dim")

    def _show_outputs(self, event: TaskEnded) -> None:
        """What commands have printed, but what was shown while they ran."""
        shown = self._live.pop(event.host, set())
        for output in outputs_of(event.result):
            lines = [line for _, line in lines_of([output])]
            for line in lines if not shown.issuperset(lines) else ():
                self._line(f"    | {line}", "dim")

    def _word(self, event: TaskEnded) -> str:
        if not self._dry_run or _beyond(event):
            return _beyond(event) or event.status
        if self._is_for_a_person(event):
            return "would ask" if event.status == "ok" else "may ask"
        words = {"changed": "would change", "unknown": "may change" if event.effects else "unknown"}
        return words.get(event.status, event.status)

    def _is_for_a_person(self, event: TaskEnded) -> bool:
        """Whether a dry run has come to something that a person would have to do."""
        return self._dry_run and event.asks_person

    def _is_shown(self, event: TaskEnded) -> bool:
        if self._verbosity or self._is_for_a_person(event) or _beyond(event):
            return True
        if event.unsaid and (self._dry_run or self._diff):
            return True
        if event.status == "unknown":
            return bool(event.effects)  # the others are many and say little: the summary has them
        if not event.begun:
            return False  # who has left it out has told it
        if event.module == "debug" and event.status == "ok":
            return self._verbosity >= _wanted(event)
        return event.status not in ("ok", "skipped")

    def _show_diff(self, diff: str) -> None:
        colours = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}
        for line in diff.removesuffix("\n").split("\n"):
            self._line(f"    {line}", colours.get(line[:1], ""))

    def _show_tables(self) -> None:
        """The tables of the play that has just ended."""
        for table in self._tables.take():
            self._line("", "")
            for line in self._screen.draw(table):
                self._line(line, "")
            for note in notes(table):
                self._own(note, "dim")

    def _recap(self, event: Recap) -> None:
        self.close()
        self._show_tables()
        self._title("", "bold", before=f"RECAP ({event.seconds:.1f} s)")
        width = max((len(name) for name in event.hosts), default=0)
        for name, counts in event.hosts.items():
            self._own(f"{name:<{width}}  {_counts(counts, dry_run=event.dry_run)}", _colour(counts))
        all_hosts = len(event.hosts)
        if all_hosts > 1:
            word = "Would change" if event.dry_run else "Changed"
            self._groups(f"{word}, by task:", self._changed, all_hosts, "yellow")
        self._groups("To be done by a person:", self._by_hand, all_hosts, "yellow")
        self._groups("Known only when it is applied:", self._unknown, all_hosts, "magenta")
        if self._failed and all_hosts > 1:
            self._own("Failed or unreachable:", "bold")
            for host, task, message in self._failed:
                said = " ".join(self._redactor.redact(message).split())
                self._line(f"{task}: {_short(said, _REMINDER)}", "red", before=f"  {host}  ")
        if event.interrupted:
            self._own("Interrupted: hosts marked 'stopped before the end' have tasks left to do.", "bold")
        self._own(_total(list(event.hosts.values()), dry_run=event.dry_run), "bold")

    def _groups(self, title: str, groups: dict[str, list[str]], all_hosts: int, style: str) -> None:
        if groups:
            self._own(title, "bold")
        for task, hosts in groups.items():
            on = named(sorted(dict.fromkeys(hosts)), range(all_hosts))
            self._line(f"  {task}: ", style, behind=on)

    def _own(self, words: str, style: str) -> None:
        self._line("", style, before=words)

    def _line(self, text: str, style: str, *, before: str = "", behind: str = "") -> None:
        """Show a line without the secrets in its text; in our own words beside it none is looked for."""
        self._screen.line(indented(before + self._redactor.redact(text) + behind), style)

    def _title(self, text: str, style: str, *, before: str = "", behind: str = "") -> None:
        self._line("", "")
        self._line(text, style, before=before, behind=behind)


def _beyond(event: TaskEnded) -> str:
    """How grave a figure beyond its limits is, which is no failure; empty if there is none."""
    judgement = event.judgement
    if event.status != "ok" or judgement is None or judgement.severity == "ok":
        return ""
    return judgement.severity


def _wanted(event: TaskEnded) -> int:
    """How many `-v` it takes until a message of `debug` is shown; in a loop that of its first item."""
    if event.module != "debug" or event.status != "ok" or not isinstance(event.result, Mapping):
        return 0
    items = event.result.get("results") or [event.result]
    wanted = items[0].get("verbosity", 0) if isinstance(items[0], Mapping) else 0
    return wanted if isinstance(wanted, int) else 0


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "..."


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
    would = "would be " if dry_run else ""
    words = [f"{counted(len(all_counts), 'host')}: {changed} {would}changed, {failed} failed"]
    words.append(f"{unreachable} unreachable")
    if stopped:
        words.append(f"{stopped} stopped before the end")
    return ", ".join(words)
