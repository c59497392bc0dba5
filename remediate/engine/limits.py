"""When failures end a run: too many of a batch's hosts failed, or all of them."""

from collections.abc import Sequence
from dataclasses import replace

from remediate.engine.events import HostEnded
from remediate.engine.memory import Memory
from remediate.playbook.model import Play

_ALL = 100
_MOST_NAMES = 3
"""Hosts that a message names."""


class Limit:
    """Counts the hosts of one batch that fail, for the `max_fail_percentage` of a play."""

    def __init__(self, play: Play, hosts: int) -> None:
        """None has failed yet."""
        self._play = play
        self._hosts = hosts
        self._failures = self._new = 0

    def passed(self, event: HostEnded) -> str:
        """Why the run goes no further now that this host has ended; empty if it does."""
        if event.outcome not in ("failed", "unreachable"):
            return ""
        self._failures += 1
        self._new += not event.replayed
        most = self._play.max_fail_percentage
        if most is None or self._failures * 100 <= float(most) * self._hosts:
            return ""
        if not self._new:  # who goes on with a run that was stopped over the old ones wants it so
            return ""
        why = f"{self._failures} of {self._hosts} hosts failed, more than {float(most):g} %"
        place = replace(self._play.place_of("max_fail_percentage"), column=0)
        return f"play '{self._play.name}' stops: {why} (max_fail_percentage at {place})"


def none_left(play: Play, hosts: int, batch: Sequence[Memory]) -> str:
    """Why the run goes no further after a batch of which no host came to its end; empty if one did.

    As in Ansible, the hosts of a play without `serial` are one batch with those that failed in an earlier
    play: these did not fail in this one. In a run that is gone on with, one at least must have failed anew:
    who goes on after the others wants it so. So does who writes that all may fail, other than in Ansible.

    Args:
        play: the play.
        hosts: how many the play has, with those that failed before it.
        batch: how it went.
    """
    anew = any(each.at_work for each in batch)
    if not anew or any(each.ended is None for each in batch):
        return ""
    if not play.serial and len(batch) < hosts:
        return ""
    if play.max_fail_percentage is not None and float(play.max_fail_percentage) >= _ALL:
        return ""
    names = ", ".join(each.name for each in batch[:_MOST_NAMES]) + (", ..." if batch[_MOST_NAMES:] else "")
    which = f"of the batch ({names}) " if play.serial else f"({names}) "
    return f"play '{play.name}' stops: every host {which}failed or was unreachable; nothing more is begun"
