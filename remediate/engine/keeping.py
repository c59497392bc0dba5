"""What the store keeps so that a change can be taken back, and a run gone on with; as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.codec import decode, encode
from remediate.engine.events import Status, TaskEnded
from remediate.engine.past import EndedTask
from remediate.hosts.target import Become

UNDO = "undo"
"""Stands for the module of what takes changes back: no playbook names it."""

JUDGED_FAILED = "failed"
"""The outcome of a change that came to its end, and was judged a failure by its task: it may be half made."""

IN_DOUBT = "its task failed over it, so it is not known whether it was done"
"""Why what only its author knows how to take back is not taken back then."""

HIDDEN_WHY = "its task has no_log, which hides why not"
"""Why a change cannot be taken back, if its task hides that."""


def kept_undo(
    undo: Undo | NoUndo,
    become: Become | None,
    touches: frozenset[str] | None = None,
    *,
    no_log: bool = False,
) -> Mapping[str, Any]:
    """What takes an effect back, and as whom; or why nothing does, and what it may have changed."""
    if isinstance(undo, NoUndo):
        return {"why": HIDDEN_WHY if no_log else undo.why, "touches": sorted(touches or ())}
    user = None if become is None else {"user": become.user, "method": become.method}
    return {"become": user, "undo": encode(undo), **({"no_log": True} if no_log else {})}


def kept_claim(effect: Effect, become: Become | None) -> Sequence[str] | None:
    """As whom an effect is claimed: user and method, or nothing for the login user; None if it is not."""
    if not effect.once:
        return None
    return () if become is None else (become.user, become.method)


def claim_kept(kept: Sequence[str]) -> Become | None:
    """Whom `kept_claim` tells of."""
    if not kept:
        return None
    user, method = kept
    return Become(user=user, method="su" if method == "su" else "sudo")


def kept_result(event: TaskEnded) -> Mapping[str, Any]:
    """What has to be known of a task to go on behind it; nothing if it has to be done again.

    Without its result, which `no_log` keeps secret, it is only known to have come to its end.
    """
    if event.module == UNDO or event.stopped or event.status == "unreachable":
        return {}
    step = {"step": list(event.step)}
    return step if event.no_log else {**step, "result": encode(dict(event.result))}


def result_kept(status: Status, kept: Mapping[str, Any], body: Mapping[str, Any]) -> EndedTask:
    """A task's end, as `kept_result` and the rest of its record tell it."""
    return EndedTask(
        status=status,
        result=decode(kept["result"]) if "result" in kept else {},
        message=body["message"],
        ignored=body["ignored"],
        rescued=body["rescued"],
    )
