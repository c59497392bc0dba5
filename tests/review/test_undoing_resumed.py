"""What an undo takes back of a run that was cut off and gone on with, from its records alone."""

from pathlib import Path

import pytest

from remediate.effects.paths import MakeDirectory
from remediate.engine.keeping import kept_undo
from remediate.review.undoing import undoing_of
from remediate.sealing import Opener
from remediate.store.history import open_history, unfinished
from remediate.store.journal import TASK
from tests.journals import intent, journal_in

OPENER = Opener([], b"k" * 32, "nonce")


def sent(*outcomes: str | None, folder: Path) -> tuple[list[int], int]:
    """A change sent for each outcome (None: cut off), then found made: what is undone; what unfinished."""
    journal = journal_in(folder)
    undo = kept_undo(MakeDirectory(path="/new").undo(), None)
    for outcome in outcomes:
        number = journal.intend(intent(undo=undo))
        if outcome is not None:
            journal.conclude(number, outcome)
    journal.tell(TASK, "one", {"status": "changed"}, {"step": [0, 0], "result": {}})
    journal.close()
    with open_history(folder) as history:
        run, records = history.run(1), history.records(1)
    taken = undoing_of(run, records, (), OPENER).changes.get("one", ())
    return [each.number for each in taken], len(unfinished(records))


@pytest.mark.parametrize(
    ("outcomes", "taken"),
    [
        ([None], [1]),
        (["ConnectionLost"], [1]),
        ([None, "done"], [2]),
        (["ConnectionLost", None], [3]),
        (["Drifted"], []),
        (["TaskFailed"], []),
    ],
)
def test_what_may_have_been_made_is_taken_back_once(
    tmp_path: Path, outcomes: list[str | None], taken: list[int]
) -> None:
    """Sent and found made, or sent again: one change. What was surely not made is none."""
    assert sent(*outcomes, folder=tmp_path) == (taken, 0)
