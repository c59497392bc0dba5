"""A timer on a host that takes a change back, unless somebody gets in again and stops it.

It is armed before the change, and runs detached from every connection. `fired` in its claim is a directory:
whoever makes it, the timer or the one who stops it, was first.
"""

from collections.abc import Sequence

from remediate.bourne import quote
from remediate.facts.base import Output
from remediate.hosts.once import look_alive, once
from remediate.hosts.spool import Spool, claim_place, claim_tag

_FIRED = 94


def arm(scripts: Sequence[str], *, seconds: int, spool: Spool, key: str) -> str:
    """Bourne text that starts the timer, once; when its time is up, the scripts run one after another.

    Args:
        scripts: Bourne texts. Each runs in a shell of its own; one that fails keeps no other from running.
        seconds: from now on.
        spool: of the run.
        key: the timer's name in it.
    """
    back = "".join(f"( eval {quote(f' {script}{chr(10)}')} )\n" for script in scripts)
    # The timer must not keep the claim waiting, nor end with the shell that has started it.
    return once(
        f"{claim_place(spool, key)}( trap '' 1 2 15\n"
        f'sleep {seconds} & echo $! >"$k/sleep"; wait\n'
        f'mkdir "$k/fired" || exit 0\n{back}) </dev/null >/dev/null 2>&1 &\n'
        'echo $! >"$k/timer"\n',
        spool=spool,
        key=key,
    )


def disarm(*, spool: Spool, key: str) -> str:
    """Bourne text that stops the timer, if it has not fired, and ends it; see `was_in_time`."""
    # As long as the timer's shell is there, and waits for it, no other process has the number of its `sleep`.
    return (
        f'{claim_place(spool, key)}mkdir "$k/fired" 2>/dev/null || exit {_FIRED}\n'
        'if test -s "$k/timer" && test -s "$k/sleep"; then\n'
        f'gone=; read p <"$k/timer"; read n <"$k/sleep"\n{look_alive(claim_tag(spool, key))}'
        'test -n "$gone" || kill -9 $n 2>/dev/null\nfi\nexit 0\n'
    )


def was_in_time(output: Output) -> bool:
    """Whether the timer was stopped before it fired, from the output of `disarm`."""
    return output.status == 0
