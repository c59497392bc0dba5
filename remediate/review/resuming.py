"""Going on with a run that was cut off: what its records say of where each host stopped."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from remediate.engine.keeping import claim_kept, result_kept
from remediate.engine.past import EndedTask, HostStep, Past
from remediate.errors import UsageError
from remediate.hosts.target import Become
from remediate.review.undoing import NOT_KNOWN, outcomes_of, sent_last, undoing_of
from remediate.sealing import Opener
from remediate.store.history import KeptRun, Record, open_history, step_of
from remediate.store.journal import INTENT, LEFT, NOT_SENT, OUTCOME, TASK, THROUGH

_NOT_MADE = frozenset({"Drifted", NOT_SENT})
"""Outcomes of changes that were surely not made."""


def past_of(run: KeptRun, records: Sequence[Record], opener: Opener) -> Past:
    """What was done on each host, from all records of the run.

    A task whose end was not written is done again: its commands were claimed, so that none runs twice, and
    what else it had changed is found changed. So is one whose record does not say any more how it ended.
    """
    ended: dict[HostStep, EndedTask] = {}
    secret: dict[HostStep, EndedTask] = {}
    sent: dict[int, tuple[str, str]] = {}
    through = frozenset(record.host for record in records if record.kind == THROUGH)
    for record in records:
        body = record.body
        if record.kind == INTENT:
            if "undoes" not in body:
                sent[record.seq] = (record.host, body["address"])
        elif record.kind == OUTCOME and body["outcome"] in _NOT_MADE:
            sent.pop(body["intent"], None)
        elif record.kind == TASK and body.get("kept") and body["status"] != "unknown":
            kept = opener.open_kept(body["kept"])
            if "step" in kept:
                play, task = kept["step"]
                known = ended if "result" in kept else secret
                known[record.host, (play, task)] = result_kept(body["status"], kept, body)
    # Behind a task whose result was not kept, nothing can be gone on with; only what is through needs none.
    ended |= {(host, step): task for (host, step), task in secret.items() if host in through}
    return Past(
        ended=ended,
        begun=frozenset(
            (host, place)
            for host, address in sent.values()
            if (host, step_of(address)) not in ended
            for place in (step_of(address), _attempted(address))
        )
        | begun_back(records),
        held=_held(records),
        through=through,
        left=frozenset(record.host for record in records if record.kind == LEFT),
        changes=undoing_of(run, records, (), opener).changes,
        sent=sent_last(records, {(host, step) for host, step in ended}, opener),
    )


def past_of_undo(records: Sequence[Record]) -> Past:
    """What a run that takes another back holds on hosts, and what it has begun there."""
    return Past(begun=begun_back(records), held=_held(records))


def begun_back(records: Sequence[Record]) -> frozenset[tuple[str, tuple[int, ...]]]:
    """The commands that take back and were begun, without a known end: by host and `Address.attempted`.

    Where nothing of the run is left, nothing tells of their end.
    """
    outcomes = outcomes_of(records)
    begun: dict[tuple[str, tuple[int, ...]], bool] = {}
    for record in records:
        if record.kind == INTENT and {"undoes", "claimed"} <= record.body.keys():
            place = record.host, _attempted(record.body["address"])
            begun[place] = outcomes.get(record.seq, "") in NOT_KNOWN
        elif record.kind == LEFT:
            begun = {place: is_open for place, is_open in begun.items() if place[0] != record.host}
    return frozenset(place for place, is_open in begun.items() if is_open)


def _attempted(address: str) -> tuple[int, ...]:
    return tuple(int(number) for number in address.split(".")[:-1])


def _held(records: Sequence[Record]) -> dict[str, frozenset[Become | None]]:
    """Where a lock and claims may be left, and as whom something was claimed there."""
    held: dict[str, set[Become | None]] = {}
    for record in records:
        if record.kind in (INTENT, TASK) and not _left_out(record):
            claims = held.setdefault(record.host, set())
            if "claimed" in record.body:
                claims.add(claim_kept(record.body["claimed"]))
        elif record.kind == LEFT:
            held.pop(record.host, None)
    return {host: frozenset(claims) for host, claims in held.items()}


def begun_hosts(records: Sequence[Record]) -> frozenset[str]:
    """The hosts on which a run has done something, or will do nothing any more.

    Where it has only looked, and where it was not let in, it has not begun.
    """
    return frozenset(
        record.host
        for record in records
        if record.kind in (INTENT, THROUGH)
        or (record.kind == TASK and record.body["status"] in ("changed", "failed") and not _left_out(record))
    )


def left_out_hosts(records: Sequence[Record]) -> frozenset[str]:
    """The hosts that a run has told to be left alone, as they were not as its plan saw them, or were away."""
    return frozenset(record.host for record in records if _left_out(record))


def _left_out(record: Record) -> bool:
    return record.kind == TASK and not record.body.get("begun", True)


def can_go_on(run: KeptRun) -> bool:
    """Whether a run was cut off, interrupted, or left hosts behind that could not be reached."""
    if "undoes" in run.head or "recheck" in run.head:
        return False  # what the one has not taken back yet, the same command takes back; the other only looks
    return _is_unfinished(run)


def undone_further(run: KeptRun) -> int:
    """Which run is to be taken back once more to go on with this one, which did that; 0 if there is none."""
    target: int = run.head.get("undoes", 0)
    return target if _is_unfinished(run) else 0


def _is_unfinished(run: KeptRun) -> bool:
    if run.ended is None:
        return True
    hosts = run.ended["hosts"].values()
    return run.ended["interrupted"] or any(host["stopped"] or host["unreachable"] for host in hosts)


def goes_on(number: int, head: Mapping[str, Any]) -> str:
    """The command that goes on with the run of this number that began with this head."""
    return f"remediate undo {head['undoes']}" if "undoes" in head else f"remediate resume {number}"


def going_on_in(directory: Path) -> Callable[[str], str]:
    """The command that goes on with a run, by the name that it has on hosts.

    It is empty if the history in this directory does not know the run, or if that came to its end.
    """

    @cache  # many hosts may be locked by one run
    def command(name: str) -> str:
        try:
            with open_history(directory) as history:
                run = history.run_named(name)
        except UsageError:  # what is wrong with it is told otherwise
            return ""
        if run is None or not (can_go_on(run) or "undoes" in run.head):
            return ""
        return goes_on(run.number, run.head)

    return command


def unfinished_hosts(run: KeptRun, records: Sequence[Record]) -> tuple[str, ...]:
    """The hosts on which a run that can be gone on with has something left to do, those not begun as well.

    The first versions of the store do not tell of which hosts a run was: then those that it had begun.
    """
    if run.ended is not None:
        hosts = run.ended["hosts"].items()
        return tuple(name for name, counts in hosts if counts["stopped"] or counts["unreachable"])
    through = {record.host for record in records if record.kind == THROUGH}
    hosts = dict.fromkeys([*run.head.get("hosts", ()), *(each.host for each in records if each.host)])
    return tuple(name for name in hosts if name not in through)
