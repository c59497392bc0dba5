"""A person at a terminal is asked, and what is typed counts; without a terminal nobody is asked."""

from pathlib import Path

from at_terminal import END, Asked, at_terminal
from commands import remediate
from hypothesis import given
from hypothesis import strategies as st
from runs import Nobody

from remediate.engine.prompts import Question

TEXT = """\
- hosts: all
  tasks:
    - name: wait
      pause:
        prompt: |-
          1. open Administration > Product
          2. remove the trial key of {{ site }}
        word: done
    - {name: after, debug: {msg: gone on}}
"""


def playbook(tmp_path: Path) -> tuple[str | Path, ...]:
    """The words that run it on two hosts that need not be there."""
    file = tmp_path / "pause.yaml"
    file.write_text(TEXT)
    return ("run", file, "-i", "b.example.com,a.example.com,", "-e", "site=here")


def test_the_whole_prompt_is_shown_with_its_hosts_and_the_word_is_waited_for(tmp_path: Path) -> None:
    """Anything but the word is asked again; what follows is done on each host."""

    def person(_asked: Asked) -> list[str]:
        return ["\n", "no\n", "Done\n"]

    done, asked = at_terminal(tmp_path, *playbook(tmp_path), person=person)
    assert done.code == 0, done.out
    assert [(one.hosts, one.prompt) for one in asked] == [
        (
            ("a.example.com", "b.example.com"),
            "1. open Administration > Product\n2. remove the trial key of here",
        )
    ]
    assert "type 'done' when it is done: " in asked[0].invites
    assert {host for host, task in done.statuses("ok") if task == "after"} == set(asked[0].hosts)


def test_the_end_of_input_is_no_consent(tmp_path: Path) -> None:
    """Who presses Ctrl-D has done nothing; every host says what was to be done."""
    done, asked = at_terminal(tmp_path, *playbook(tmp_path), person=lambda _asked: ["yes\n", END])
    assert (done.code, len(asked)) == (2, 1)
    messages = [e["message"] for e in done.events if e["event"] == "task"]
    assert all("remove the trial key of here" in each for each in messages)
    assert not any("at a terminal" in each for each in messages)


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    """Each host fails with what was to be done, in one line, and how to be asked."""
    done = remediate(tmp_path, *playbook(tmp_path))
    assert done.code == 2
    messages = [e["message"] for e in done.events if e["event"] == "task"]
    assert len(messages) == 2
    for message in messages:
        assert "1. open Administration > Product 2. remove the trial key of here" in message
        assert "terminal" in message


def test_a_dry_run_lists_the_pause_and_does_not_wait(tmp_path: Path) -> None:
    """The prompt is among the effects, also at a terminal."""
    done, asked = at_terminal(tmp_path, *playbook(tmp_path), "-C", "-v", person=lambda _asked: [])
    assert (done.code, asked) == (0, [])
    assert "wait for a person: 1. open Administration > Product" in done.out


@given(st.lists(st.text(max_size=6), max_size=5), st.sampled_from(["done", "Removed"]))
def test_only_the_word_is_the_word(lines: list[str], word: str) -> None:
    """Whatever is typed before: no more and no less than the word lets a host go on."""
    question = Question(prompt="p", word=word)
    meant = [line.strip().lower() == word.lower() for line in lines]
    verdict = question.ask(Nobody(*lines, f"{word}\n"), lambda: False)
    assert verdict == "done"
    assert (Question(prompt="p", word=word).ask(Nobody(*lines), lambda: False) == "done") == any(meant)
