"""What is sent: a subject, a text for people, and a document for programs."""

import json
from collections.abc import Mapping
from typing import Any

from remediate.records import dataclass
from remediate.reports.cleaning import printable
from remediate.reports.words import printable_line

VERSION = 1
"""Of the document's schema; docs/notify.md describes it. New members do not change it."""

_LONGEST_SUBJECT = 150


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, the same for all channels. `document` is of JSON's kinds."""

    subject: str
    text: str
    document: Mapping[str, Any]

    def sent_as(self, identity: str) -> bytes:
        """The whole as JSON in UTF-8; `identity` is what a receiver knows a double by."""
        whole = {
            "version": VERSION,
            "id": identity,
            "subject": self.subject,
            "text": self.text,
            **self.document,
        }
        return json.dumps(whole, ensure_ascii=False).encode()


def subject_line(text: str) -> str:
    """The text as a subject: no line break in it, and not too long."""
    return one_line(f"remediate: {text}", _LONGEST_SUBJECT)


def one_line(text: str, longest: int = 0) -> str:
    """Text from anywhere in one line without control characters, cut after `longest` characters if given."""
    line = printable_line(text)
    return f"{line[: longest - 1]}…" if longest and len(line) > longest else line


def could_not_look(schedule: str, *, machine: str, why: str, time: str, whole: str) -> Message:
    """That a schedule could not look at its hosts: `why`, at which time, and a command that shows more."""
    lines = (
        f"{schedule}: could not look at its hosts at {time}: {one_line(why)}.",
        "",
        "As long as it cannot, this is not told again.",
        "",
        f"More, on {one_line(machine)}: {one_line(whole)}",
    )
    return Message(
        subject=subject_line(f"{schedule}: could not look: {why}"),
        text="".join(f"{line}\n" for line in lines),
        document={
            "kind": "blind",
            "machine": printable(machine),
            "schedule": schedule,
            "time": time,
            "outcome": printable(why),
        },
    )


def trial(channel: str, machine: str) -> Message:
    """A message that only says that it came through."""
    text = one_line(f"This came from {machine}. Nothing is the matter.")
    return Message(
        subject=subject_line(f"a trial of the channel {channel}"),
        text=f"{text}\n",
        document={"kind": "trial", "machine": printable(machine)},
    )
