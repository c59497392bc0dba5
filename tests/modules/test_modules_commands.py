"""command and shell: what runs, when it is not needed, and what a dry run may ask."""

from pathlib import Path
from typing import Any

import hostile
import pytest
from module_view import Here, Told, built, refusal

from remediate.effects.run import Run
from remediate.facts.base import Output
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.files import FileStatus, PathStatus

THERE, ABSENT = PathStatus(kind="file"), PathStatus(kind="absent")
WORDS = {
    "ls -l /tmp": ("ls", "-l", "/tmp"),
    "echo 'two words' \"and $three\" four\\ five": ("echo", "two words", "and $three", "four five"),
    "echo *  \n x": ("echo", "*", "x"),
}


def ran(name: str, **params: Any) -> Output:
    """What a read-only command printed on this machine, as it is registered."""
    result = built(name, read_only=True, **params).report(Here(), [])
    return Output(status=result["rc"], stdout=result["stdout"].encode(errors="surrogateescape"))


@pytest.mark.parametrize(("cmd", "words"), WORDS.items())
def test_a_command_is_split_as_a_shell_would(cmd: str, words: tuple[str, ...]) -> None:
    """Quotes keep words together, and nothing is expanded."""
    (effect,) = built("command", cmd=cmd).decide(Told({}))
    assert isinstance(effect, Run)
    assert effect.command.argv == words


def test_hostile_words_reach_the_program(tmp_path: Path) -> None:
    """Words, directory, environment and standard input arrive as they were given."""
    for name in hostile.NAMES[:10]:
        (tmp_path / name).mkdir()
        argv = ["sh", "-c", 'printf "%s|" "$1" "$VALUE"; cat; pwd', "sh", name]
        found = ran("command", argv=argv, chdir=f"{tmp_path}/{name}", environment={"VALUE": name}, stdin=name)
        assert found.stdout.decode() == f"{name}|{name}|{name}\n{tmp_path}/{name}".rstrip("\n")


def test_shell_text_is_run_by_the_shell_that_is_named() -> None:
    """`executable` gets the text as one argument; without it, /bin/sh does."""
    assert ran("shell", cmd="echo $0; exit 3").status == 3
    assert ran("shell", cmd="echo ${BASH_VERSION:+bash}", executable="/bin/bash").stdout == b"bash"


NEEDED: list[tuple[dict[str, str], dict[str, PathStatus], bool]] = [
    ({"creates": "/a"}, {"/a": ABSENT}, True),
    ({"creates": "/a"}, {"/a": THERE}, False),
    ({"removes": "/a"}, {"/a": THERE}, True),
    ({"removes": "/a"}, {"/a": ABSENT}, False),
    ({"creates": "/a", "removes": "/b"}, {"/a": ABSENT, "/b": THERE}, True),
    ({"creates": "/a", "removes": "/b"}, {"/a": THERE, "/b": THERE}, False),
    ({"creates": "/a", "removes": "/b"}, {"/a": ABSENT, "/b": ABSENT}, False),
]


@pytest.mark.parametrize("name", ["command", "shell"])
@pytest.mark.parametrize(("params", "there", "needed"), NEEDED)
def test_a_command_runs_only_where_it_is_needed(
    name: str, params: dict[str, str], there: dict[str, PathStatus], needed: bool
) -> None:
    """With what it creates there, or what it removes gone, it does not run, and says nothing."""
    module = built(name, cmd="do it", **params)
    view = Told({FileStatus(path): status for path, status in there.items()})
    assert set(module.probe()) == set(view.answers)
    assert len(list(module.decide(view))) == needed
    if not needed:
        result = module.report(view, [])
        assert (result["rc"], result["stdout"], result["failed"]) == (0, "", False)
        assert result["cmd"] == ("do it" if name == "shell" else ["do", "it"])


@pytest.mark.parametrize("name", ["command", "shell"])
def test_a_read_only_command_is_a_question(name: str) -> None:
    """It is asked like any fact, never has an effect, and its output is registered."""
    module = built(name, cmd="id -un", read_only=True, timeout=7)
    (question,) = module.probe()
    assert isinstance(question, CommandOutput)
    assert question.deadline == 7
    assert list(module.decide(Told({}))) == []
    view = Told({question: Output(status=1, stdout=b"notes\n\n", stderr=b"x\n")})
    result = module.report(view, [])
    assert (result["stdout"], result["stdout_lines"], result["rc"]) == ("notes", ["notes"], 1)
    assert (result["stderr"], result["failed"]) == ("x", True)


@pytest.mark.parametrize("name", ["command", "shell"])
def test_only_a_read_only_command_cannot_change_anything(name: str) -> None:
    """Before parameters are rendered, only a plain `true` counts."""
    kind = type(built(name, cmd="x"))
    assert not kind.may_change({"cmd": "x", "read_only": True})
    for value in (False, "{{ it }}", "true"):
        assert kind.may_change({"cmd": "x", "read_only": value})
    assert kind.may_change({"cmd": "x"})


def test_everything_that_is_said_of_a_command_reaches_its_effect() -> None:
    """Words, directory, environment, input, paths and time limit are the effect's."""
    module = built(
        "command",
        argv=["a", 5],
        chdir="/d",
        creates="/c",
        changes=["/x/", "/y"],
        stdin="in",
        timeout=3,
        environment={"A": "1"},
    )
    (effect,) = module.decide(Told({FileStatus("/c"): ABSENT}))
    line = CommandLine(argv=("a", "5"), chdir="/d", environment=(("A", "1"),), stdin="in")
    assert effect == Run(command=line, creates="/c", changes_paths=("/x", "/y"), deadline=3.0)


def test_what_takes_a_command_back_reaches_its_effect() -> None:
    """It runs where the command does, with its environment and in its shell, without its input."""
    given: dict[str, Any] = {"chdir": "/d", "environment": {"A": "1"}, "stdin": "in"}
    where: dict[str, Any] = {"chdir": "/d", "environment": (("A", "1"),)}
    (effect,) = built("command", argv=["a"], undo="b 'c d' *", **given).decide(Told({}))
    assert isinstance(effect, Run)
    assert effect.undo_command == CommandLine(argv=("b", "c d", "*"), **where)
    (effect,) = built("shell", cmd="a", undo="b > c", executable="/bin/ksh", **given).decide(Told({}))
    assert isinstance(effect, Run)
    assert effect.undo_command == CommandLine(**where, **{"shell": "b > c", "executable": "/bin/ksh"})
    (effect,) = built("command", cmd="a", creates="/c").decide(Told({FileStatus("/c"): ABSENT}))
    assert isinstance(effect, Run)
    assert effect.undo_command is None


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("command", {}, "either as 'cmd' or as 'argv'"),
    ("command", {"cmd": "a", "argv": ["b"]}, "either as 'cmd' or as 'argv'"),
    ("command", {"cmd": " "}, "the command is empty"),
    ("command", {"cmd": "it's"}, "'cmd' cannot be split into words: No closing quotation"),
    ("command", {"argv": ["a\0b"]}, "a NUL byte cannot be part of a word"),
    ("command", {"argv": ["a", True]}, "item 2 of 'argv' should be text, not the truth value true"),
    ("command", {"cmd": "a", "stdin": "\0"}, "cannot carry a NUL byte"),
    ("command", {"cmd": "a", "timeout": 0}, "'timeout' must be more than 0 seconds"),
    ("command", {"cmd": "a", "chdir": "tmp"}, "'tmp' is not an absolute path"),
    ("command", {"cmd": "a", "changes": "/x"}, "'changes' should be a list, not '/x'"),
    ("command", {"cmd": "a", "read_only": True, "creates": "/x"}, "a read_only command cannot have"),
    ("command", {"cmd": "a", "read_only": True, "changes": []}, "a read_only command cannot have"),
    ("command", {"cmd": "a", "read_only": True, "undo": "b"}, "a read_only command cannot have"),
    ("command", {"cmd": "a", "undo": " "}, "'undo' is empty"),
    ("command", {"cmd": "a", "undo": "it's"}, "'undo' cannot be split into words: No closing quotation"),
    ("command", {"cmd": "a", "undo": "\0"}, "a NUL byte cannot be part of a word"),
    ("shell", {"cmd": "\n"}, "the command is empty"),
    ("shell", {"cmd": "a", "undo": "\n"}, "'undo' is empty"),
    ("shell", {"cmd": "a", "executable": "bash"}, "'bash' is not an absolute path"),
    ("shell", {"cmd": "a", "read_only": True, "removes": "/x"}, "a read_only command cannot have"),
]


@pytest.mark.parametrize(("name", "params", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    """The message says what is wrong, with the place of the task."""
    assert said in refusal(name, **params)
