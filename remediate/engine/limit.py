"""How many hosts of a batch may fail: the `max_fail_percentage` of a play."""

from dataclasses import replace

from remediate.engine.events import HostEnded
from remediate.playbook.model import Play


class Limit:
    """Counts the hosts of one batch that fail."""

    def __init__(self, play: Play, hosts: int) -> None:
        """None has failed yet."""
        self._play = play
        self._hosts = hosts
        self._failures = self._new = 0

    def passed(self, event: HostEnded) -> str:
        """Why the play stops now that this host has ended; empty if it does not."""
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
