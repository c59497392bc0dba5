"""What of a run can be taken back, from its records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remediate.effects.base import Undo
from remediate.effects.codec import decode
from remediate.engine.undoing import Step
from remediate.hosts.target import Become
from remediate.sealing import Opener
from remediate.store.history import Record, unfinished
from remediate.store.journal import INTENT, OUTCOME

_DONE = "done"


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

    steps: Mapping[str, Sequence[Step]]
    lasting: tuple[Lasting, ...]


def undoing_of(records: Sequence[Record], undone: Iterable[int], opener: Opener) -> Undoing:
    """What the changes of a run leave to take back; `undone` are the numbers of those that were already.

    A change of which nobody knows whether it was made is taken back where the host shows that it was.
    """
    outcomes = {each.body["intent"]: each.body["outcome"] for each in records if each.kind == OUTCOME}
    doubtful = {each.seq for each in unfinished(records)}
    skipped = frozenset(undone)
    steps: dict[str, list[Step]] = {}
    lasting: list[Lasting] = []
    for record in records:
        if record.kind != INTENT or record.seq in skipped:
            continue
        if outcomes.get(record.seq) != _DONE and record.seq not in doubtful:
            continue  # it was refused, failed, or was sent again
        step = _step(record, opener)
        if isinstance(step, Lasting):
            lasting.append(step)
        elif record.seq in doubtful and not step.undo.guards:
            lasting.append(_lasting(record, "it is not known whether it was done"))
        elif step.undo.effects:
            steps.setdefault(record.host, []).append(step)
    return Undoing(steps=steps, lasting=tuple(lasting))


def _step(record: Record, opener: Opener) -> Step | Lasting:
    kept = opener.open_all(record.body["undo"])
    if "why" in kept:
        return _lasting(record, kept["why"])
    undo = decode(kept["undo"])
    assert isinstance(undo, Undo)  # noqa: S101 - nothing else is kept there
    user = kept["become"]
    return Step(
        number=record.seq,
        task=record.body["task"],
        change=record.body["change"],
        become=None if user is None else Become(user=user["user"], method=user["method"]),
        undo=undo,
    )


def _lasting(record: Record, why: str) -> Lasting:
    return Lasting(host=record.host, task=record.body["task"], change=record.body["change"], why=why)
