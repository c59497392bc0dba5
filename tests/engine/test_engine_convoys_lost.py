"""Changes that went together over a line that broke: what of them was made is found, and taken back."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from convoys import FOUR, Line, Runner
from runs import Hosts, TestHost, play

from remediate.engine.events import TaskEnded
from remediate.errors import ConnectionLost, DeadlinePassed, ShellEnded, TaskFailed, Unreachable
from remediate.facts.base import Output

LOST = [ConnectionLost("lost"), ShellEnded("the shell ended")]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("after", [False, True])
def test_a_convoy_that_is_lost_is_found_again(after: bool, error: Exception, run: Runner, root: Path) -> None:
    """Whether it was carried out or not: each change is made once, and is its task's."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=error, after=after)
    ran = run(play(FOUR), hosts=Hosts(one=host), extra={"v": 1})
    assert (root / "f").read_text() == "a\nb\nc\n"
    assert (root / "d" / "g").read_text() == "x"
    assert [each.status for each in ran.tasks] == ["changed"] * 4
    assert host.changes == ([4] if after else [4, 1, 1, 1, 1])


@pytest.mark.parametrize("after", [False, True])
def test_a_convoy_that_takes_too_long_is_a_failure(after: bool, run: Runner, root: Path) -> None:
    """What hung may be at work still, so nothing goes on beside it; what was made is taken back."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=DeadlinePassed("no answer within 60 s"), after=after)
    text = play(FOUR, more="  undo_on_failure: true\n")
    ran = run(text, hosts=Hosts(one=host), extra={"v": 1})
    assert host.changes[:1] == [4]
    assert ran.of("line").status == "failed"
    assert "4 changes went together" in ran.of("line").message
    assert "made" not in ran.names()
    assert [each.name for each in root.iterdir()] == ["f"]
    assert (root / "f").read_text() == "a\n"


def test_what_a_lost_convoy_has_made_can_be_taken_back(run: Runner, root: Path) -> None:
    """It is among what the play has done, although nobody saw it being done."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=ConnectionLost("lost"), after=True)
    tasks = FOUR + "- {name: nope, command: 'false'}\n"
    ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host), extra={"v": 1})
    assert ran.outcomes() == {"one": "failed"}
    assert (root / "f").read_text() == "a\n"
    assert [each.name for each in root.iterdir()] == ["f"]


def test_a_host_that_is_gone_is_unreachable(run: Runner, root: Path) -> None:
    """What was to be sent is an intent whose end nobody knows."""
    host = Line(at=1, error=Unreachable("gone"))
    ran = run(play(FOUR), hosts=Hosts(one=host))
    assert ran.outcomes() == {"one": "unreachable"}
    assert ("conclude", (1, "Unreachable")) in ran.journal.lines


def test_who_cannot_be_become_fails_the_first(run: Runner, root: Path) -> None:
    """Nothing was sent, and it is not tried again for the others."""
    host = Line(at=1, error=TaskFailed("the password was not accepted"))
    ran = run(play(FOUR), hosts=Hosts(one=host))
    assert [(each.task, each.status) for each in ran.tasks] == [("line", "failed")]
    assert host.changes == [3]


def test_what_was_lost_is_taken_back_although_its_turn_never_came(run: Runner, root: Path) -> None:
    """Where the host shows that it was made; what it shows not to have been made is no hindrance."""
    (root / "f").write_text("a\n")
    (root / "h").write_text("a\n")
    (root / "l").write_text("a\n")

    def half(scripts: Sequence[str], **how: Any) -> list[Output]:
        """The script ends before its fourth change, the line breaks, and somebody else comes."""
        if not re.search(r"echo \d+ \w+\n\Z", scripts[0]) or (root / "k").exists():
            return ask(scripts, **how)
        (root / "h").write_text("a\nb\n")
        (root / "k").write_text("b")
        (root / "f").unlink()
        (root / "f").mkdir()
        raise ConnectionLost("lost")

    tasks = """
- {name: one, lineinfile: {path: "{{ root }}/f", line: b}}
- {name: two, lineinfile: {path: "{{ root }}/h", line: b}}
- {name: three, copy: {dest: "{{ root }}/k", content: b}}
- {name: four, lineinfile: {path: "{{ root }}/l", line: b}}
- {name: five, lineinfile: {path: "{{ root }}/l", line: c}}
"""
    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", half):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert [(each.task, each.status) for each in ran.tasks] == [
        ("one", "failed"),
        ("take back: five", "ok"),
        ("take back: four", "ok"),
        ("take back: three", "changed"),
        ("take back: two", "changed"),
        ("take back: one", "failed"),
    ]
    assert "was not made" in ran.of("take back: five").message
    assert "it is no regular file" in ran.of("take back: one").message
    assert (root / "h").read_text() == "a\n"
    assert sorted(each.name for each in root.iterdir()) == ["f", "h", "l"]


TWO_TASKS = """
- {name: one, copy: {dest: "{{ root }}/a", content: x}}
- {name: two, copy: {dest: "{{ root }}/b", content: x}}
"""
TWO_ITEMS = """
- {name: one, lineinfile: {path: "{{ root }}/f", line: "{{ item }}"}, loop: [b, c]}
"""


@pytest.mark.parametrize("tasks", [TWO_TASKS, TWO_ITEMS], ids=["tasks", "items"])
def test_what_was_lost_is_taken_back_although_its_task_fails_before_it_decides(
    tasks: str, run: Runner, root: Path
) -> None:
    """The change was made; when its turn comes, what the task asks cannot be answered.

    What comes behind it, of the same file as well, is taken back before it.
    """
    (root / "f").write_text("a\n")
    refusing: list[bool] = []

    def mute(scripts: Sequence[str], **how: Any) -> list[Output]:
        outputs = ask(scripts, **how)
        if re.search(r"echo \d+ \w+\n\Z", scripts[0]):
            refusing.append(True)
            raise ConnectionLost("lost")
        if refusing:
            return [Output(status=1, stderr=b"cannot say") for _ in outputs]
        return outputs

    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", mute):
        ran = run(
            play(tasks, more="  undo_on_failure: true\n"),
            hosts=Hosts(one=host),
            watch=lambda _run, event: refusing.clear() if isinstance(event, TaskEnded) else None,
        )
    assert [each.status for each in ran.tasks] == ["failed", "changed", "changed"]
    assert ran.tasks[2].task == "take back: one"
    assert [each.name for each in root.iterdir()] == ["f"]
    assert (root / "f").read_text() == "a\n"


def test_a_task_that_was_half_done_when_the_line_broke(run: Runner, root: Path) -> None:
    """What of it was found made is journalled as done, so that an undo takes it back as well."""

    def half(scripts: Sequence[str], **how: Any) -> list[Output]:
        if not re.search(r"echo \d+ \w+\n\Z", scripts[0]) or (root / "p").exists():
            return ask(scripts, **how)
        (root / "p").mkdir(mode=0o755)
        raise ConnectionLost("lost")

    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", half):
        ran = run(play("- file: {path: '{{ root }}/p/q/r', state: directory}"), hosts=Hosts(one=host))
    ends = [said for word, said in ran.journal.lines if word == "conclude"]
    assert ends[:3] == [(1, "ConnectionLost"), (2, "ConnectionLost"), (3, "ConnectionLost")]
    assert (1, "done") in ends
    assert (2, "done") not in ends
    assert (root / "p" / "q" / "r").is_dir()
