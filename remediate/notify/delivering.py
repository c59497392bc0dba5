"""Delivering: written to the store, sent, and written again. What fails is tried again, and fails nobody.

A message is sent twice only if the process ends between the sending and the writing, or if an answer is lost;
receivers can drop the second one by its identity.
"""

import contextlib
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from remediate.errors import InputError, NotSent, NotSentYet
from remediate.notify.attempts import send
from remediate.notify.catalog import chosen
from remediate.notify.channels import Channel
from remediate.notify.message import Message
from remediate.records import dataclass
from remediate.store.alive import DELIVERING, Alive
from remediate.store.deliveries import Deliveries, Delivery, open_deliveries


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How many messages were sent, how many are passed over, and in words what was not sent, or not quite."""

    sent: int = 0
    covered: int = 0
    problems: tuple[str, ...] = ()


def deliveries_of(message: Message, run: int, channels: Iterable[Channel]) -> tuple[Delivery, ...]:
    """A run's message for each channel, to be written down."""
    body, made = asdict(message), _now()
    return tuple(
        Delivery(run=run, channel=each.name, identity=uuid.uuid4().hex, made=made, body=body)
        for each in channels
    )


def deliver(directory: Path, channels: Sequence[Channel]) -> Delivered:
    """Send through these channels what is written down for them, and all that they could not send before.

    What has changed again since, and is in a later message, is told of once and not sent. `directory` is that
    of the store. It raises nothing: that nobody could be told must not fail the run.
    """
    try:
        with open_deliveries(directory) as deliveries:
            names = {each.name: each for each in channels}
            covered = [_never_told(each) for each in deliveries.cover(_now())]
            due = [each for each in deliveries.due() if each.channel in names]
            done = _send(directory, deliveries, due, names)
            return Delivered(sent=done.sent, problems=(*covered, *done.problems))
    except (InputError, OSError) as error:
        return Delivered(problems=(f"nobody was told, or that was not recorded: {error}",))


def retry(directory: Path, channels: Mapping[str, Channel], run: int | None = None) -> Delivered:
    """Send again what was not sent, without what later messages cover; of one run, with that.

    Raises:
        UsageError: if the store cannot be used.
    """
    usable: dict[str, Channel] = {}
    problems: list[str] = []
    with open_deliveries(directory) as deliveries:
        deliveries.cover(_now())
        unsent = deliveries.due() if run is None else deliveries.unsent(run)
        covered = [each for each in deliveries.kept() if each.state == "covered"] if run is None else []
        for name in dict.fromkeys(each.channel for each in unsent):
            try:
                (usable[name],) = chosen(channels, [name])
            except InputError as error:
                problems.append(str(error))
        done = _send(directory, deliveries, [each for each in unsent if each.channel in usable], usable)
    return Delivered(sent=done.sent, covered=len(covered), problems=(*problems, *done.problems))


def _never_told(delivery: Delivery) -> str:
    told = f"channel '{delivery.channel}' was never told of run {delivery.run}"
    return f"{told}: all that it found has changed again since, and later messages tell that"


def _send(
    directory: Path, deliveries: Deliveries, unsent: Iterable[Delivery], channels: Mapping[str, Channel]
) -> Delivered:
    """Send in the order in which it was written; a channel that is down is not tried with the rest."""
    sent, problems, down = 0, [], Counter[str]()
    with contextlib.closing(Alive(directory, DELIVERING)) as alive:
        for each in unsent:
            if each.channel in down:
                down[each.channel] += 1
                continue
            # Another process may be about to send it, or has sent it meanwhile.
            if not alive.hold(each.number) or not deliveries.begin(each.number, _now()):
                continue
            try:
                remark = send(channels[each.channel], _message(each), each.identity)
            except NotSent as error:
                deliveries.end(each.number, "failed", error.what)
                problems.append(f"channel '{each.channel}' was not told of run {each.run}: {error.what}")
                if isinstance(error, NotSentYet):
                    down[each.channel] = 0
            else:
                deliveries.end(each.number, "sent", remark)
                sent += 1
                if remark:
                    problems.append(f"channel '{each.channel}' was told of run {each.run}, but: {remark}")
    waiting = [f"channel '{name}': messages that wait behind it: {n}" for name, n in down.items() if n]
    return Delivered(sent=sent, problems=(*problems, *waiting))


def _message(delivery: Delivery) -> Message:
    return Message(**delivery.body)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
