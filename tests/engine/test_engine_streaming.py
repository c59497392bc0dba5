"""What a command prints is shown while it runs: whole lines, each once, and nothing rests on it."""

from pathlib import Path
from typing import Any

import pytest
from runs import Ran, play, prepare_run

from remediate.engine.events import Event, Printed
from remediate.engine.run import Run

SLOW = """
- name: slow
  shell: "echo one; echo two; echo oops >&2; sleep 1.2; printf 'three\\\\nhalf'"
"""
UNTIL_SHOWN = "until test -f {{ root }}/shown; do sleep 0.1; done"


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks ten times a second: nobody has to wait in a test."""
    monkeypatch.setattr("remediate.engine.streaming._EVERY", 0.1)


def perform(folder: Path, tasks: str, *, live: bool = True, awaited: int = 1, **settings: Any) -> Ran:
    """A run that shows what commands print; when so many lines have been shown, a command may see that."""
    inventory = f"all: {{hosts: {{one: {{ansible_remote_tmp: {folder}/spool}}}}}}\n"
    shown: list[str] = []

    def watch(_run: Run, event: Event) -> None:
        if isinstance(event, Printed):
            shown.extend(event.lines)
        if len(shown) >= awaited:
            (folder / "root" / "shown").touch()

    run, ran = prepare_run(folder, play(tasks), inventory=inventory, live=live, watch=watch, **settings)
    run.identity = "a1"
    ran.recap = run.perform()
    return ran


def lines(ran: Ran) -> list[str]:
    """All lines that were shown before their task had ended."""
    return [line for event in ran.events if isinstance(event, Printed) for line in event.lines]


def test_lines_come_while_the_command_runs(tmp_path: Path, root: Path, often: None) -> None:
    """The first ones a good while before the end; the rest, also what has no newline, with it."""
    ran = perform(tmp_path, SLOW.replace("sleep 1.2", UNTIL_SHOWN), awaited=3)
    assert sorted(lines(ran)) == ["half", "one", "oops", "three", "two"]
    assert [line for line in lines(ran) if line != "oops"] == ["one", "two", "three", "half"]
    printed = [event.lines for event in ran.events if isinstance(event, Printed)]
    assert len(printed) > 1
    assert "half" in printed[-1]
    assert ran.of("slow").result["stdout"] == "one\ntwo\nthree\nhalf"


def test_who_does_not_ask_for_it_gets_nothing(tmp_path: Path, root: Path, often: None) -> None:
    """Without -v no second channel is opened."""
    assert lines(perform(tmp_path, SLOW, live=False)) == []


def test_a_quick_command_is_not_watched(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends before the first look is told with its task alone."""
    monkeypatch.setattr("remediate.engine.streaming._EVERY", 600)
    assert lines(perform(tmp_path, '- {name: quick, shell: "echo one"}')) == []


def test_no_log_hides_the_lines_too(tmp_path: Path, root: Path, often: None) -> None:
    """What a task keeps to itself is not shown on the way either."""
    assert lines(perform(tmp_path, SLOW.rstrip() + "\n  no_log: true\n")) == []


def test_a_look_that_fails_fails_nothing(
    tmp_path: Path, root: Path, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no second channel can be had, the command's own output comes as ever."""
    monkeypatch.setattr("local_host.LocalHost.aside", lambda *_args, **_how: [])
    ran = perform(tmp_path, SLOW)
    assert lines(ran) == []
    assert ran.of("slow").result["stdout"] == "one\ntwo\nthree\nhalf"


def test_much_output_is_shown_once(tmp_path: Path, root: Path, often: None) -> None:
    """Looks begin in the middle of what was shown: no line is lost, and none comes twice."""
    many = "n=0; while test $n -lt 800; do echo line $n; n=`expr $n + 1`; done"
    ran = perform(tmp_path, f'- {{name: t, shell: "{many}; {UNTIL_SHOWN}"}}')
    shown = lines(ran)
    assert shown == [f"line {n}" for n in range(800)]
