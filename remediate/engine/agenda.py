"""Where a run's re-checks of its hosts are booked: on the controller, outside of the run."""

from typing import Protocol

from remediate.effects.look_again import LookAgain
from remediate.errors import TaskFailed


class Agenda(Protocol):
    """Books re-checks. Used by many threads."""

    def foresee(self, order: LookAgain) -> None:
        """See, in a dry run, that a re-check could be booked.

        Raises:
            RemediateError: it could not.
        """

    def settle(self, host: str, order: LookAgain) -> None:
        """Book a re-check of a host, or cancel it; to do so twice is to do it once.

        Raises:
            RemediateError: it cannot be booked, or cancelled.
        """


class NoAgenda:
    """For runs that book nothing."""

    def foresee(self, order: LookAgain) -> None:
        """There is nothing to be seen to."""

    def settle(self, host: str, order: LookAgain) -> None:
        """Refuse.

        Raises:
            TaskFailed: always.
        """
        raise TaskFailed(f"not done: {order.summary()}: there is nobody to do it", where=host)


NO_AGENDA = NoAgenda()
