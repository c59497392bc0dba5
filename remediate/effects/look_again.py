"""Order: look at this host again later, once. It is carried out on the controller, not on the host."""

from pathlib import PurePath

from remediate.effects.base import Effect, Undo
from remediate.errors import TaskFailed
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class LookAgain(Effect):
    """Have a re-check of the host with `playbook` after a time, such as `7d`, or have it no more."""

    after: str
    playbook: str
    """Its whole path on the controller."""
    notify: tuple[str, ...] = ()
    """The channels that are told what it finds."""
    wanted: bool = True

    def summary(self) -> str:
        """What is looked at, when, and with what."""
        what = f"re-check of this host {self.after} after the change, with {PurePath(self.playbook).name}"
        return f"a {what}" if self.wanted else f"no {what}"

    def diff(self) -> str:
        """The same, and who is told."""
        told = f", told to {', '.join(self.notify)}" if self.notify else ""
        return f"{'+' if self.wanted else '-'} {self.summary()}{told}\n"

    def script(self) -> str:
        """There is none: no host is asked.

        Raises:
            TaskFailed: always; only what is to happen on the host itself asks for it.
        """
        raise TaskFailed(f"{self.summary()}: is booked on the controller, and no host can take it back")

    def undo(self) -> Undo:
        """The contrary, which can be had at any time."""
        contrary = LookAgain(
            after=self.after, playbook=self.playbook, notify=self.notify, wanted=not self.wanted
        )
        return Undo(effects=(contrary,), guards=())

    def touches(self) -> frozenset[str]:
        """Nothing on the host."""
        return frozenset()
