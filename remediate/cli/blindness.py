"""Telling the channels of a schedule that it could not look: each once, until it has looked again."""

import contextlib
import shlex
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from remediate.errors import NotSent, RemediateError
from remediate.notify.attempts import send
from remediate.notify.catalog import channels_in, chosen
from remediate.notify.channels import Channel
from remediate.notify.message import Message, could_not_look
from remediate.schedule.kept import Schedules
from remediate.schedule.schedule import Last, Schedule
from remediate.settings import settings_in


def tell_of_blindness(schedules: Schedules, schedule: Schedule, last: Last) -> Iterator[str]:
    """Tell them of its last run, which could not look; what went wrong with the telling.

    Whom that does not reach is told of the next such run.
    """
    name = schedule.name
    wanted = [word for option, word in pairwise(schedule.recheck) if option == "--notify"]
    message = _message(schedules, schedule, last)
    told = list(last.told)
    try:
        with contextlib.chdir(schedule.directory):
            channels = chosen(channels_in(settings_in(Path.cwd())), wanted)
            for channel in (each for each in channels if each.name not in told):
                if problem := _problem(channel, message):
                    yield f"{name}: {problem}"
                else:
                    told.append(channel.name)
    except (RemediateError, OSError) as error:
        yield f"{name}: nobody could be told: {error}"
    if schedules.find(name) == schedule:  # nobody has removed, replaced or run it meanwhile
        schedules.keep(replace(schedule, last=replace(last, told=tuple(told))))


def _message(schedules: Schedules, schedule: Schedule, last: Last) -> Message:
    state = shlex.quote(str(schedules.state))
    return could_not_look(
        schedule.name,
        machine=socket.gethostname(),
        why=last.outcome,
        time=last.began.isoformat(timespec="seconds"),
        whole=f"remediate schedule show {schedule.name} --state-dir {state}",
    )


def _problem(channel: Channel, message: Message) -> str:
    try:
        send(channel, message, uuid.uuid4().hex)
    except NotSent as error:
        return f"channel '{channel.name}' was not told: {error.what}"
    return ""
