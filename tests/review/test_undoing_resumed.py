"""What an undo takes back of a run that was cut off and gone on with, from its records alone."""

from pathlib import Path

import pytest

from remediate.effects.left import any_status
from remediate.effects.paths import MakeDirectory
from remediate.effects.run import Run
from remediate.effects.write import RemoveFile
from remediate.engine.keeping import IN_DOUBT, JUDGED_FAILED, kept_undo
from remediate.engine.order import HIDDEN
from remediate.facts.commands import CommandLine
from remediate.facts.files import FileText
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
        number = journal.intend([intent(undo=undo)])[0]
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


def test_what_a_task_failed_over_is_taken_back_only_where_the_host_shows_it(tmp_path: Path) -> None:
    """A directory is; a command is named as lasting, unless a later attempt at it was made good."""
    line = CommandLine(argv=("true",))
    command = kept_undo(Run(command=line, undo_command=line).undo(), None)
    directory = kept_undo(MakeDirectory(path="/new").undo(), None)
    journal = journal_in(tmp_path)
    for address, undo, outcome in (
        ("0.0.0.1.0", directory, JUDGED_FAILED),
        ("0.1.0.1.0", command, JUDGED_FAILED),
        ("0.1.0.2.0", command, "done"),
        ("0.1.1.1.0", command, JUDGED_FAILED),
    ):
        number = journal.intend([intent(address=address, undo=undo)])[0]
        journal.conclude(number, "done")
        journal.conclude(number, outcome)
    journal.close()
    with open_history(tmp_path) as history:
        undoing = undoing_of(history.run(1), history.records(1), (), OPENER)
    assert [each.number for each in undoing.changes["one"]] == [1, 7]
    assert [each.why for each in undoing.lasting] == [IN_DOUBT]


def test_a_command_whose_end_was_collected_later_is_one_change(tmp_path: Path) -> None:
    """As it was judged last. Other items of the same words are others, and so is what was not claimed."""
    line = CommandLine(argv=("true",))
    command = kept_undo(Run(command=line, undo_command=line).undo(), None)
    directory = kept_undo(MakeDirectory(path="/new").undo(), None)
    journal = journal_in(tmp_path)
    for address, claimed, outcome in (
        ("0.0.0.1.0", (), "done"),
        ("0.0.1.1.0", (), "done"),
        ("0.0.2.1.0", (), None),
        ("0.1.0.1.0", None, "done"),
        ("0.0.0.1.0", (), "done"),
        ("0.0.1.1.0", (), JUDGED_FAILED),
        ("0.0.2.1.0", (), "done"),
        ("0.1.0.1.0", None, "done"),
        ("0.0.0.1.0", (), None),
    ):
        undo = directory if claimed is None else command
        number = journal.intend([intent(address=address, claimed=claimed, undo=undo)])[0]
        if outcome is not None:
            journal.conclude(number, outcome)
    journal.close()
    with open_history(tmp_path) as history:
        undoing = undoing_of(history.run(1), history.records(1), (), OPENER)
    assert [each.number for each in undoing.changes["one"]] == [1, 6, 12, 14]
    assert [each.why for each in undoing.lasting] == [IN_DOUBT]


@pytest.mark.parametrize(
    ("outcomes", "left"),
    [
        ([], (0, False)),
        ([None], (0, True)),
        (["TaskFailed"], (0, False)),
        (["done"], (1, False)),
        (["done", "Unreachable"], (1, True)),
        (["done", "done"], None),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_what_was_begun_of_taking_a_change_back_is_known(
    tmp_path: Path, own: bool, outcomes: list[str | None], left: tuple[int, bool] | None
) -> None:
    """By the run itself or by another one: how much of it was done, and whether the next may have been."""
    was = any_status(kind="file", mode=0o644)
    gone = RemoveFile(path="/f", content=FileText.holding("x"), was=was)
    journal = journal_in(tmp_path)
    change = journal.intend([intent(undo=kept_undo(gone.undo(), None))])[0]
    journal.conclude(change, "done")
    if not own:
        journal.close()
        journal = journal_in(tmp_path, head={"undoes": 1})
    for count, outcome in enumerate(outcomes):
        number = journal.intend([intent(address=f"0.0.{change}.0.{count}", undoes=change)])[0]
        if outcome is not None:
            journal.conclude(number, outcome)
    journal.close()
    with open_history(tmp_path) as history:
        undos = [history.records(each.number) for each in history.undos(1)]
        changes = undoing_of(history.run(1), history.records(1), undos, OPENER).changes.get("one", ())
    assert [(each.taken, each.taking) for each in changes] == [left] * (left is not None)


@pytest.mark.parametrize("hidden", [False, True])
def test_what_has_the_place_of_another_change_does_not_settle_it(tmp_path: Path, hidden: bool) -> None:
    """A directory was made before the run was cut off; then the one in it is the first to be made.

    It is sent a second time, as its connection is lost. The words may be hidden, of each of them.
    """
    journal = journal_in(tmp_path)
    for path, outcome in (("/a", None), ("/a/b", "ConnectionLost"), ("/a/b", "done")):
        made = MakeDirectory(path=path)
        undo = kept_undo(made.undo(), None, no_log=hidden)
        planned = intent(change=HIDDEN if hidden else made.summary(), undo=undo, secret=hidden)
        number = journal.intend([planned])[0]
        if outcome is not None:
            journal.conclude(number, outcome)
    journal.close()
    with open_history(tmp_path) as history:
        undoing = undoing_of(history.run(1), history.records(1), (), OPENER)
    assert [(each.number, each.in_doubt) for each in undoing.changes["one"]] == [(1, True), (4, False)]
