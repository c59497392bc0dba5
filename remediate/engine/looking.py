"""What runs have left on a host: its lock, and claims in a user's spool; to look at it, and to end it."""

import time
from collections.abc import Sequence

from remediate.hosts.host import Host
from remediate.hosts.leftovers import LeftClaim, LeftSpool, listed, listing, removal
from remediate.hosts.lock import Found, break_, found, lock_name, look
from remediate.hosts.target import Target

_DEADLINE = 60.0


def look_at_lock(host: Host, target: Target) -> Found:
    """Who holds the host's lock.

    Raises:
        TaskFailed: the host keeps no locks.
        Unreachable: there is no connection.
    """
    (output,) = host.ask([look(lock_name(target.name, target.port))], deadline=_DEADLINE)
    return found(output)


def break_lock(host: Host, target: Target, holder: Found) -> Found:
    """End the lock of a holder who was found; who holds it afterwards.

    Raises:
        TaskFailed, Unreachable: see `look_at_lock`.
    """
    text = break_(lock_name(target.name, target.port), holder, now=int(time.time()))
    (output,) = host.ask([text], deadline=_DEADLINE)
    return found(output)


def look_at_spool(host: Host, target: Target) -> LeftSpool | None:
    """What is in the spool of the user as whom the host is asked; None if he has none.

    Raises:
        TaskFailed: it cannot be looked at.
        Unreachable: there is no connection.
    """
    (output,) = host.ask([listing(target.remote_tmp)], deadline=_DEADLINE)
    return listed(output)


def remove_claims(host: Host, target: Target, claims: Sequence[LeftClaim]) -> None:
    """Remove these from the spool, but for those that run after all.

    Raises:
        TaskFailed, Unreachable: see `look_at_spool`.
    """
    if claims:
        host.ask([removal(target.remote_tmp, claims)], deadline=_DEADLINE)
