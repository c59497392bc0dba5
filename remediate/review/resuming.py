"""Going on with a run that was cut off: what its records say of where each host stopped."""

from collections.abc import Sequence

from remediate.engine.keeping import result_kept
from remediate.engine.past import EndedTask, HostStep, Past
from remediate.review.undoing import undoing_of
from remediate.sealing import Opener
from remediate.store.history import KeptRun, Record, step_of
from remediate.store.journal import INTENT, OUTCOME, TASK

_NOT_MADE = frozenset({"Drifted"})
"""Outcomes of changes that were surely not made."""


def past_of(run: KeptRun, records: Sequence[Record], opener: Opener) -> Past:
    """What was done on each host, from all records of the run.

    A task whose end was not written is done again: its commands were claimed, so that none runs twice, and
    what else it had changed is found changed.
    """
    ended: dict[HostStep, EndedTask] = {}
    sent: dict[int, HostStep] = {}
    for record in records:
        body = record.body
        if record.kind == INTENT:
            if "undoes" not in body:
                sent[record.seq] = (record.host, step_of(body["address"]))
        elif record.kind == OUTCOME and body["outcome"] in _NOT_MADE:
            sent.pop(body["intent"], None)
        elif record.kind == TASK and body.get("kept"):
            kept = opener.open_all(body["kept"])
            if "step" in kept:
                play, task = kept["step"]
                ended[record.host, (play, task)] = result_kept(body["status"], kept, body)
    return Past(
        ended=ended,
        begun=frozenset(sent.values()) - ended.keys(),
        changes=undoing_of(run, records, (), opener).changes,
    )


def can_go_on(run: KeptRun) -> bool:
    """Whether a run was cut off, interrupted, or left hosts behind that could not be reached."""
    if "undoes" in run.head:
        return False  # what it has not taken back yet, the same command takes back
    if run.ended is None:
        return True
    hosts = run.ended["hosts"].values()
    return run.ended["interrupted"] or any(host["stopped"] or host["unreachable"] for host in hosts)
