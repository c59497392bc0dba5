"""Whom a re-check told, as lines for people and as objects for programs."""

from collections.abc import Iterable
from typing import Any

from remediate.reports.cleaning import indented
from remediate.store.deliveries import Delivery


def delivery_objects(deliveries: Iterable[Delivery]) -> list[dict[str, Any]]:
    """Each delivery without its message, of which only the subject is there."""
    return [
        {
            "run": each.run,
            "channel": each.channel,
            "id": each.identity,
            "state": each.state,
            "made": each.made,
            "tries": each.tries,
            "time": each.time,
            "problem": each.problem,
            "subject": each.body["subject"],
        }
        for each in deliveries
    ]


def delivery_lines(deliveries: Iterable[Delivery]) -> list[str]:
    """A line a delivery: whether the channel was told, when, and what is the matter."""
    return [indented(f"run {each.run}  {each.channel}  {_state(each)}") for each in deliveries]


def _state(delivery: Delivery) -> str:
    problem = f": {delivery.problem}" if delivery.problem else ""
    if delivery.state == "sent":
        return f"told {delivery.time}{problem}"
    if delivery.state == "covered":
        return "NOT TOLD, and no news any more: all of it has changed again, which later messages tell"
    if delivery.state == "failed":
        tries = "" if delivery.tries == 1 else f", {delivery.tries} times"
        return f"NOT TOLD, tried {delivery.time}{tries}{problem}"
    if delivery.tries:
        return f"NOT KNOWN whether it was told, tried {delivery.time}: cut off, or still under way"
    return f"NOT TOLD yet, waiting since {delivery.made}"
