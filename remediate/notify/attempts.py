"""Sending within a deadline, with a second try where that may help, and nothing secret in what is told."""

import queue
import threading

import tenacity

from remediate.errors import NotSent, NotSentYet, RemediateError
from remediate.notify.channels import Channel
from remediate.notify.message import Message, one_line
from remediate.secrecy import Redactor

_ATTEMPTS = 3
_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two attempts."""
_GRACE = 2.0
"""Seconds that a channel has to keep the deadline by itself, and to end what it has begun."""
_LONGEST = 500
"""Characters of a problem."""


def send(channel: Channel, message: Message, identity: str) -> str:
    """Send a message; what is to be remarked of it although it was sent, or nothing.

    Raises:
        NotSent: it was not taken; nothing secret is in its text.
    """
    outcome: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            outcome.put(_attempts(channel)(channel.send, message, identity))
        except Exception as error:  # whatever a library raises: it must not fail the run
            outcome.put(error)

    # A name server, or a server that sends a byte a minute, keeps to no time limit of a socket.
    threading.Thread(target=work, name=f"remediate-notify-{channel.name}", daemon=True).start()
    try:
        found = outcome.get(timeout=channel.deadline + _GRACE)
    except queue.Empty:
        raise NotSentYet(
            f"no answer within {channel.deadline:g} s; whether it was taken is not known"
        ) from None
    if isinstance(found, str):
        return _told(channel, found)
    kind = type(found) if isinstance(found, NotSent) else NotSent
    if isinstance(found, RemediateError):
        raise kind(_told(channel, str(found)))
    raise kind(f"it could not be sent ({type(found).__name__})")  # such a text may quote what was sent


def _attempts(channel: Channel) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(NotSentYet),
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(_ATTEMPTS), tenacity.stop_before_delay(channel.deadline)
        ),
        wait=tenacity.wait_exponential(_PAUSE, max=_LONGEST_PAUSE),
        reraise=True,
    )


def _told(channel: Channel, text: str) -> str:
    try:
        secrets = tuple(channel.secrets())
    except RemediateError:  # then it was not sent, either
        secrets = ()
    return one_line(Redactor(secrets).redact(text), _LONGEST)
