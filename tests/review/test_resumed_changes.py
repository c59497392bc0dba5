"""A run that broke over changes of one file, and is resumed: nothing is lost, and nothing done twice."""

from pathlib import Path

import pytest
from convoys import Line
from journals import journal_in
from runs import Hosts, Ran, play, prepare_run

from remediate.engine.past import NO_PAST, Past
from remediate.engine.undoing import UndoWalk
from remediate.errors import Place, Unreachable
from remediate.playbook.model import Play
from remediate.review.resuming import past_of
from remediate.review.undoing import undoing_of
from remediate.sealing import Opener, Sealer
from remediate.secrecy import Redactor
from remediate.store.history import open_history, unfinished
from remediate.store.run_journal import StoreJournal

OPENER = Opener([], b"k" * 32, "nonce")

TASKS = """
- {name: one, copy: {dest: "{{ root }}/f", content: "a\\n"}, register: put}
- {name: two, lineinfile: {path: "{{ root }}/f", line: b}}
- name: three
  lineinfile: {path: "{{ root }}/n", regexp: '^n(.*)$', line: 'n\\1+', backrefs: true, mode: "0600"}
- {name: four, copy: {dest: "{{ root }}/d", content: done}}
"""


class Runs:
    """Parts of one run on this machine, in a store; then its undo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir()
        (self.root / "f").write_text("precious\n")
        (self.root / "n").write_text("n\n")
        (self.root / "n").chmod(0o644)

    def part(self, host: Line, *, first: bool = False) -> Ran:
        """One part of it."""
        run, ran = prepare_run(self.folder, play(TASKS), hosts=Hosts(one=host))
        run.past = NO_PAST if first else self._past()
        run.journal = journal = journal_in(self.folder / "state") if first else self._resumed()
        ran.recap = run.perform()
        journal.close()
        return ran

    def _past(self) -> Past:
        with open_history(self.folder / "state") as history:
            return past_of(history.run(1), history.records(1), OPENER)

    def _resumed(self) -> StoreJournal:
        sealer = Sealer([], b"k" * 32, "nonce")
        return StoreJournal(self.folder / "state", {}, redactor=Redactor(()), sealer=sealer, resumed=1)

    def undo(self) -> Ran:
        """Take the run back."""
        with open_history(self.folder / "state") as history:
            undoing = undoing_of(history.run(1), history.records(1), (), OPENER)
            assert unfinished(history.records(1)) == ()
        run, ran = prepare_run(self.folder, play(TASKS), hosts=Hosts(one=Line()))
        run.plays = [Play(name="undo", hosts="one", place=Place("undo"), directory=Path())]
        run.walk = UndoWalk(changes=undoing.changes, run="run 1")
        ran.recap = run.perform()
        return ran

    def texts(self) -> dict[str, str]:
        return {each.name: each.read_text() for each in self.root.iterdir()}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """A host with two files."""
    return Runs(tmp_path)


@pytest.mark.parametrize("after", [False, True])
def test_a_resumed_run_makes_each_change_once_and_can_be_undone(runs: Runs, after: bool) -> None:
    """Whether the changes had been made or not when the host was lost."""
    runs.part(Line(at=1, error=Unreachable("gone"), after=after), first=True)
    host = Line()
    ran = runs.part(host)
    assert [(each.task, each.status) for each in ran.tasks] == [
        (name, "changed") for name in ("one", "two", "three", "four")
    ]
    assert runs.texts() == {"f": "a\nb\n", "n": "n+\n", "d": "done"}
    assert sum(host.changes) == (0 if after else 5)
    assert [each.status for each in runs.undo().tasks] == ["changed"] * 5
    assert runs.texts() == {"f": "precious\n", "n": "n\n"}
    assert (runs.root / "n").stat().st_mode & 0o777 == 0o644


def test_what_came_half_of_the_way_is_gone_on_with(runs: Runs) -> None:
    """Of a task's two changes the first was made; it is not decided anew on what it has made itself."""
    runs.part(Line(at=1, error=Unreachable("gone"), after=True), first=True)
    (runs.root / "n").chmod(0o644)
    (runs.root / "d").unlink()
    assert [each.status for each in runs.part(Line()).tasks] == ["changed"] * 4
    assert runs.texts() == {"f": "a\nb\n", "n": "n+\n", "d": "done"}
    runs.undo()
    assert runs.texts() == {"f": "precious\n", "n": "n\n"}


def test_what_somebody_else_has_changed_since_is_decided_anew(runs: Runs) -> None:
    """Then nothing shows how far it came: what is to be done is decided on the host as it is."""
    runs.part(Line(at=1, error=Unreachable("gone"), after=True), first=True)
    (runs.root / "f").write_text("theirs\n")
    (runs.root / "d").unlink()
    assert [each.status for each in runs.part(Line()).tasks] == ["changed"] * 4
    assert runs.texts()["f"] == "a\nb\n"
    assert runs.texts()["d"] == "done"
