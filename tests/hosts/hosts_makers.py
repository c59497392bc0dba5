"""What the tests of this folder share: the types of fixtures that make something, and how a host refuses."""

from collections.abc import Callable

import pytest

from remediate.errors import Unreachable
from remediate.hosts.host import SshHost
from remediate.hosts.target import Target

MakeHost = Callable[[Target], SshHost]
MakeAccount = Callable[..., str]
OverdueWhen = Callable[[Callable[[], object]], None]
"""Has the deadline of the script that is at work pass as soon as something holds."""

LONG = 30.0
"""Seconds that no answer takes."""


def refusal(connect: MakeHost, target: Target) -> str:
    """The one line that an unreachable host gives."""
    with pytest.raises(Unreachable) as caught:
        connect(target).ask(["true"], deadline=LONG)
    message = str(caught.value)
    assert message.startswith("web1: ")
    assert "\n" not in message
    return message
