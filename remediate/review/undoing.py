"""What of a run can be taken back, from its records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from remediate.canonical import canonical
from remediate.effects.base import Undo
from remediate.effects.codec import decode
from remediate.engine.keeping import IN_DOUBT, JUDGED_FAILED
from remediate.engine.order import HIDDEN
from remediate.engine.past import Change, HostStep, under
from remediate.hosts.target import Become
from remediate.records import dataclass
from remediate.sealing import Opener
from remediate.store.history import KeptRun, Record, step_of
from remediate.store.journal import DONE, INTENT, OUTCOME

_ITEM = 3
"""How many numbers of a change's address name the item of a task: play, task and item."""
_BROKEN = ("", "ConnectionLost", "DeadlinePassed", "NotKnown", "ShellEnded", "Unreachable")
NOT_KNOWN = (*_BROKEN, JUDGED_FAILED)
"""Outcomes after which a change may have been made or not; the first is none at all."""
_CAME_TO_AN_END = (DONE, JUDGED_FAILED)
"""Outcomes of a command of which the exit status was read."""


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """A change that cannot be taken back, and why."""

    host: str
    task: str
    change: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Undoing:
    """What will be taken back on each host, in the order in which it was done; and what will not."""

    changes: Mapping[str, Sequence[Change]]
    lasting: tuple[Lasting, ...]


def undoing_of(
    run: KeptRun, records: Sequence[Record], undos: Iterable[Sequence[Record]], opener: Opener
) -> Undoing:
    """What the changes of a run leave to take back; `undos` are the records of the runs that took it back.

    A change of which nobody knows whether it was made is taken back where the host shows that it was, and
    what was begun of taking it back is known from the host as well.
    """
    undos = [*undos]
    intents, outcomes = _each_once(records)
    if "undoes" not in run.head:  # else they are another run's
        intents = [each for each in intents if "undoes" not in each.body]
        undos.append(records)
    doubtful = _doubtful(intents, outcomes, opener)
    taken, taking = _taken(undos)
    changes: dict[str, list[Change]] = {}
    lasting: list[Lasting] = []
    for record in intents:
        if outcomes.get(record.seq) != DONE and record.seq not in doubtful:
            continue  # it was refused, failed, or was sent again
        change = _change(record, opener)
        if isinstance(change, Lasting):
            lasting.append(change)
            below = changes.get(record.host, [])
            touched = opener.open_kept(record.body["undo"]).get("touches", ())
            below[:] = [under(change.change, touched, each) for each in below]
        elif record.seq in doubtful and not change.undo.guards:
            judged = outcomes.get(record.seq) == JUDGED_FAILED
            lasting.append(_lasting(record, IN_DOUBT if judged else "it is not known whether it was done"))
        elif len(change.undo.effects) > (done := taken.get(record.seq, 0)):
            sent = done in taking.get(record.seq, ())
            change = replace(change, in_doubt=record.seq in doubtful, taken=done, taking=sent)
            changes.setdefault(record.host, []).append(change)
    return Undoing(changes=changes, lasting=tuple(lasting))


def sent_last(
    records: Sequence[Record], ended: Collection[HostStep], opener: Opener
) -> Mapping[str, Sequence[Change]]:
    """What was sent to each host last, of tasks that did not end, when the run broke over it.

    Nothing of a host where some of it cannot be taken back: nothing would show how it was before.
    """
    outcomes = outcomes_of(records)
    latest: dict[tuple[str, str], Record] = {}
    for record in records:
        if record.kind == INTENT and "undoes" not in record.body:
            latest[record.host, record.body["address"]] = record
    sent: dict[str, list[Change | Lasting]] = {}
    for (host, address), record in latest.items():
        if outcomes.get(record.seq, "") in _BROKEN and (host, step_of(address)) not in ended:
            sent.setdefault(host, []).append(_change(record, opener))
    return {
        host: changes
        for host, found in sent.items()
        if len(changes := [each for each in found if isinstance(each, Change)]) == len(found)
    }


def outcomes_of(records: Sequence[Record]) -> dict[int, str]:
    """How changes ended, by the numbers of their intents; what was written last counts."""
    return {each.body["intent"]: each.body["outcome"] for each in records if each.kind == OUTCOME}


def _taken(undos: Iterable[Sequence[Record]]) -> tuple[Mapping[int, int], Mapping[int, Collection[int]]]:
    """Of each change how many effects have taken it back, and which may have: of those no end is known."""
    done: dict[int, set[int]] = {}
    sent: dict[int, set[int]] = {}
    for records in undos:
        outcomes = outcomes_of(records)
        for each in records:
            if each.kind != INTENT or "undoes" not in each.body:
                continue
            outcome = outcomes.get(each.seq, "")
            if outcome == DONE or outcome in NOT_KNOWN:
                counts = done if outcome == DONE else sent
                number = int(each.body["address"].rpartition(".")[2])
                counts.setdefault(each.body["undoes"], set()).add(number)
    return {change: _leading(numbers) for change, numbers in done.items()}, sent


def _leading(numbers: Collection[int]) -> int:
    """How many numbers there are from 0 on without a gap."""
    return next(number for number in count() if number not in numbers)


def _each_once(records: Sequence[Record]) -> tuple[Sequence[Record], Mapping[int, str]]:
    """The intents, and how they ended, without those by which a later part of the run has only collected a
    command that was done: what came of that counts for the one that was.
    """
    outcomes = outcomes_of(records)
    intents: list[Record] = []
    done: dict[tuple[str, str], int] = {}
    for each in (each for each in records if each.kind == INTENT):
        claim = each.host, each.body["address"]
        ended = "claimed" in each.body and outcomes.get(each.seq) in _CAME_TO_AN_END
        if claim not in done:
            intents.append(each)
        elif ended:
            outcomes[done[claim]] = outcomes[each.seq]
        if ended:
            done.setdefault(claim, each.seq)
    return intents, outcomes


def _doubtful(intents: Sequence[Record], outcomes: Mapping[int, str], opener: Opener) -> set[int]:
    """The numbers of changes that may have been made, and were not surely made when they were sent again.

    They are not the same as the unfinished ones: a run that went on and found one made has settled it, and
    what failed does not count if a later attempt at it did not fail. What was sent again is told by its words
    as well as by its place: of a task's two changes the first may be made when the run goes on, and then the
    second has its place.
    """
    done = {_what(each, opener) for each in intents if outcomes.get(each.seq) == DONE}
    made_good = {(host, *address.split(".")[:_ITEM]) for host, address, _ in done}
    doubtful = {
        _what(each, opener): each.seq
        for each in intents
        if (outcome := outcomes.get(each.seq, "")) in NOT_KNOWN
        and not (
            outcome == JUDGED_FAILED and (each.host, *each.body["address"].split(".")[:_ITEM]) in made_good
        )
    }
    return {number for what, number in doubtful.items() if what not in done}


def _what(record: Record, opener: Opener) -> tuple[str, str, str]:
    """By which an intent is known as one that was journalled before; a hidden one by what takes it back."""
    change = record.body["change"]
    if change == HIDDEN:
        change = canonical(opener.open_kept(record.body["undo"]))
    return record.host, record.body["address"], change


def _change(record: Record, opener: Opener) -> Change | Lasting:
    kept = opener.open_kept(record.body["undo"])
    if "why" in kept:
        return _lasting(record, kept["why"])
    undo = decode(kept["undo"])
    assert isinstance(undo, Undo)  # noqa: S101 - nothing else is kept there
    user = kept["become"]
    return Change(
        number=record.seq,
        step=step_of(record.body["address"]),
        task=record.body["task"],
        change=record.body["change"],
        become=None if user is None else Become(user=user["user"], method=user["method"]),
        undo=undo,
        no_log=kept.get("no_log", False),
        place=tuple(int(number) for number in record.body["address"].split(".")[:-1]),
        claim=record.body["address"] if "claimed" in record.body else "",
    )


def _lasting(record: Record, why: str) -> Lasting:
    return Lasting(host=record.host, task=record.body["task"], change=record.body["change"], why=why)
