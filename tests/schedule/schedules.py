"""Schedules for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from remediate.schedule.calendar import from_phrase
from remediate.schedule.schedule import Schedule

ADDED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def schedule(**values: Any) -> Schedule:
    """A nightly one, of which only some values matter."""
    usual = {
        "name": "nightly",
        "when": from_phrase("daily 06:00", "Europe/Berlin"),
        "recheck": (
            "recheck",
            "/srv/recheck.yaml",
            "--inventory",
            "/srv/hosts.yaml",
            "--name",
            "nightly",
        ),
        "directory": "/",
        "added": ADDED,
        "timer": "cron",
        "deadline": timedelta(hours=1),
    }
    return Schedule(**{**usual, **values})
