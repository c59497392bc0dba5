"""The command that goes on with a run, where only the name is known that it has on hosts."""

from pathlib import Path

from journals import journal_in

from remediate.plan_key import load_key
from remediate.review.resuming import going_on_in
from remediate.store.journal import ENDED

DONE = {"stopped": False, "unreachable": 0}


def begun(directory: Path, name: str, **head: int) -> None:
    """A run that is cut off."""
    journal_in(directory, head={"nonce": name, **head}).close()


def test_each_run_has_its_own(tmp_path: Path) -> None:
    """Whichever was begun last; an undo is gone on with by the same command once more."""
    load_key(tmp_path, make=True)
    for name in ("first", "second"):
        begun(tmp_path, name)
    begun(tmp_path, "third", undoes=2)
    command = going_on_in(tmp_path)
    assert [command(name) for name in ("first", "second", "third")] == [
        "remediate resume 1",
        "remediate resume 2",
        "remediate undo 2",
    ]


def test_who_cannot_be_gone_on_with_has_none(tmp_path: Path) -> None:
    """A run of another history, one that came to its end, and whatever is in no history at all."""
    assert going_on_in(tmp_path)("first") == ""
    load_key(tmp_path, make=True)
    journal = journal_in(tmp_path, head={"nonce": "first"})
    journal.tell(ENDED, "", {"hosts": {"one": DONE}, "interrupted": False})
    journal.close()
    assert [going_on_in(tmp_path)(name) for name in ("first", "elsewhere")] == ["", ""]
