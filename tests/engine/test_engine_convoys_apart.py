"""Changes that went together: each is admitted, told, proven and taken back as its own task's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from convoys import FOUR, Line, Runner
from runs import Hosts, TestHost, play, prepare_run

from remediate.derived import Derived
from remediate.effects.base import Effect
from remediate.engine.events import Warned
from remediate.engine.memory import Memory
from remediate.engine.past import Change
from remediate.engine.warrant import Anything
from remediate.errors import NotPlanned
from remediate.facts.base import Output


def not_taking(host: TestHost) -> Any:
    """As long as this holds, a directory of mode 0700 comes out with another one."""
    ask = host.ask

    def undone(scripts: Sequence[str], **how: Any) -> list[Output]:
        return ask([scripts[0].replace("mkdir -m 0700", "mkdir -m 0500"), *scripts[1:]], **how)

    return mock.patch.object(host, "ask", undone)


def test_what_did_not_take_fails_its_own_task(run: Runner, root: Path) -> None:
    """The proof at the end tells of which; what was made behind it is told, and taken back with the rest."""
    tasks = """
- {name: first, copy: {dest: "{{ root }}/a", content: x}}
- {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}}
- {name: last, lineinfile: {path: "{{ root }}/f", line: b}}
"""
    (root / "f").write_text("a\n")
    host = Line()
    with not_taking(host):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert host.changes[0] == 3
    assert "did not converge" in ran.of("made").message
    told = [event.message for event in ran.events if isinstance(event, Warned)]
    assert len(told) == 1
    assert "'last'" in told[0]
    assert (root / "f").read_text() == "a\n"
    assert not (root / "a").exists()


def test_a_rescue_knows_what_went_too_far(run: Runner, root: Path) -> None:
    """What was done behind the task that failed is there when the rescue decides, and is taken back last."""
    (root / "f").write_text("a\n")
    tasks = """
- block:
    - {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}}
    - {name: last, lineinfile: {path: "{{ root }}/f", line: b}}
  rescue:
    - {name: mended, lineinfile: {path: "{{ root }}/f", line: c}}
- {name: nope, command: 'false'}
"""
    host = Line()
    with not_taking(host):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert ran.status("mended") == "changed"
    assert "-b" not in ran.of("mended").diff
    backs = [each.task for each in ran.tasks if each.task.startswith("take back")]
    assert backs == ["take back: mended", "take back: last"]
    assert (root / "f").read_text() == "a\n"


def test_what_a_condition_spares_after_all_is_told(run: Runner, root: Path) -> None:
    """It was done for nothing, is told at its turn, and what comes behind it knows of it."""
    (root / "f").write_text("a\n")
    tasks = """
- {name: first, lineinfile: {path: "{{ root }}/f", line: z}}
- {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}, register: r, ignore_errors: true}
- {name: spared, lineinfile: {path: "{{ root }}/f", line: b}, when: r is not failed}
- {name: last, lineinfile: {path: "{{ root }}/f", line: c}, when: r is failed}
"""
    host = Line()
    with not_taking(host):
        ran = run(play(tasks), hosts=Hosts(one=host))
    assert (ran.status("spared"), ran.status("last")) == ("skipped", "changed")
    assert (root / "f").read_text() == "a\nz\nb\nc\n"
    told = [type(event) for event in ran.events if event in ran.tasks or isinstance(event, Warned)]
    assert told.index(Warned) == 3


class Refusing(Anything):
    """A warrant that refuses one file, and notes what it was asked for."""

    def __init__(self, name: str) -> None:
        self.asked: list[str] = []
        self._name = name

    def admit(self, host: str, step: Any, effects: Sequence[Effect], *, item: int, attempt: int) -> None:
        self.asked += [effect.summary().rpartition("/")[2] for effect in effects]
        if self._name in self.asked[-1:]:
            raise NotPlanned("not done, for the plan does not show it")


def test_what_is_not_planned_does_not_go(tmp_path: Path, root: Path) -> None:
    """Each change is admitted once; what is refused is not sent, nor anything behind it."""
    tasks = "\n".join(f"- copy: {{dest: '{{{{ root }}}}/{name}', content: x}}" for name in "abcd")
    host = Line()
    job, ran = prepare_run(tmp_path, play(tasks), hosts=Hosts(one=host))
    job.warrant = warrant = Refusing("c")
    job.perform()
    assert host.changes == [2]
    assert warrant.asked == ["a", "b", "c", "c"]
    assert [each.status for each in ran.tasks] == ["changed", "changed", "failed"]


def test_who_shows_a_piece_of_a_secret_is_told(tmp_path: Path, root: Path) -> None:
    """It is the task that does it, not the one with which its change went."""
    tasks = """
- copy: {dest: "{{ root }}/a", content: "{{ pw[:1] }}"}
- copy: {dest: "{{ root }}/b", content: x}
- copy: {dest: "{{ root }}/c", content: "{{ pw[:2] }}"}
- copy: {dest: "{{ root }}/d", content: x}
"""
    host = Line()
    secret = {"pw": "open-sesame"}
    job, ran = prepare_run(tmp_path, play(tasks), hosts=Hosts(one=host), extra=secret)
    job.derived = Derived(secret.items())
    job.perform()
    assert host.changes == [4]
    assert [each.exposes for each in ran.tasks] == [("pw",), (), ("pw",), ()]


def test_a_change_remembers_its_own_step(run: Runner, root: Path) -> None:
    """What is taken back later is known by its own task, not by the one with which it went."""
    kept: list[Change] = []

    keep = Memory.keep

    def noting(self: Memory, order: Any, number: int) -> None:
        keep(self, order, number)
        kept.append(self.done[-1])

    with mock.patch.object(Memory, "keep", noting):
        run(play(FOUR))
    assert [(each.step, each.task) for each in kept] == [
        ((0, 0), "line"),
        ((0, 1), "made"),
        ((0, 2), "in it"),
    ]
