"""The `--events` file: JSON lines, one object for each host and task, the last one a recap."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

from remediate.engine.events import Event, Recap, TaskEnded
from remediate.errors import UsageError
from remediate.reports.fleet_tables import row_of
from remediate.reports.steady import Steady
from remediate.secrecy import Redactor
from remediate.store.journal import OWN


class EventsFile:
    """Writes each event when it happens. `docs/events.md` describes the objects."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        """Open the file anew.

        Raises:
            UsageError: if it cannot be written.
        """
        try:
            self._file: TextIO = path.open("w", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"--events {path}: {error.strerror}", cure="name a file that you may write"
            ) from None
        self._redactor = redactor

    def __call__(self, event: Event) -> None:
        """Write the event if it is one of those that are kept."""
        if isinstance(event, TaskEnded) and not event.replayed:
            self._write(task_object(event))
        elif isinstance(event, Recap):
            self._write(recap_object(event))
            self._file.close()

    def go_on_without(self, tell: Callable[[str], None]) -> None:
        """Let nothing end because the file takes nothing any more; `tell` gets why."""
        self._file = cast(TextIO, Steady(self._file, tell))

    def _write(self, value: dict[str, Any]) -> None:
        self._file.write(json.dumps(self._redactor.redact_record(value, OWN)) + "\n")
        self._file.flush()


def task_object(event: TaskEnded) -> dict[str, Any]:
    """One task on one host, in the words of `docs/events.md`."""
    found = row_of(event)
    table = {} if found is None else {"title": found[0], "row": found[1]}
    return {
        "event": "task",
        "host": event.host,
        "play": event.play,
        "task": event.task,
        "place": event.place,
        "module": event.module,
        "status": event.status,
        "certainty": event.certainty,
        "diff": event.diff,
        "effects": list(event.effects),
        "seconds": round(event.seconds, 3),
        "attempts": event.attempts,
        "message": event.message,
        "ignored": event.ignored,
        "rescued": event.rescued,
        **({} if event.begun else {"begun": False}),
        **table,
    }


def recap_object(event: Recap) -> dict[str, Any]:
    """The counts of each host."""
    hosts = {
        name: {
            "ok": counts.ok,
            "changed": counts.changed,
            "failed": counts.failed,
            "skipped": counts.skipped,
            "unreachable": counts.unreachable,
            "unknown": counts.unknown,
            "ignored": counts.ignored,
            "rescued": counts.rescued,
            "stopped": counts.stopped,
        }
        for name, counts in event.hosts.items()
    }
    return {
        "event": "recap",
        "dry_run": event.dry_run,
        "interrupted": event.interrupted,
        "seconds": round(event.seconds, 3),
        "hosts": hosts,
    }
