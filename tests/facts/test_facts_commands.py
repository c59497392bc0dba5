"""A command runs exactly as its author gave it: words, directory, environment, standard input."""

import shlex
from pathlib import Path

import hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS, answer

from remediate.bourne import decode, encode
from remediate.facts.base import Output
from remediate.facts.commands import CommandLine, CommandOutput

each_shell = pytest.mark.parametrize("shell", SHELLS)
SHOW = ("/usr/bin/printf", "%s\\0")


def output_of(command: CommandLine, shell: str) -> Output:
    """What a command prints when it is asked as a fact."""
    found = answer(CommandOutput(command), shell)
    assert isinstance(found, Output)
    return found


@each_shell
def test_hostile_arguments_arrive(shell: str) -> None:
    """Each argument reaches the program as it was given."""
    found = output_of(CommandLine(argv=(*SHOW, *hostile.WORDS)), shell)
    assert found == Output(status=0, stdout=b"".join(encode(word) + b"\0" for word in hostile.WORDS))


@settings(max_examples=60)
@given(
    shell=st.sampled_from(sorted(SHELLS)),
    argv=st.lists(hostile.words, min_size=1, max_size=8),
    value=hostile.words,
    stdin=hostile.words,
)
def test_any_arguments_values_and_input_arrive(shell: str, argv: list[str], value: str, stdin: str) -> None:
    """Arguments, the value of an environment variable and standard input arrive together, unharmed."""
    script = 'printf "%s\\0" "$@"; printenv -0 VALUE; cat'
    command = CommandLine(
        argv=("bash", "-c", script, "bash", *argv), environment=(("VALUE", value),), stdin=stdin
    )
    end = "" if stdin.endswith("\n") or not stdin else "\n"
    assert output_of(command, shell) == Output(
        status=0, stdout=b"".join(encode(word) + b"\0" for word in (*argv, value)) + encode(stdin + end)
    )


@each_shell
def test_hostile_shell_text_is_run_by_the_shell_that_was_named(shell: str) -> None:
    """Text for a shell reaches it whole, quotes, line feeds and all."""
    text = "for x in \"it's\" '$HOME' \\\\; do\n  printf '%s\\n' \"$x\"\ndone # `no` $(harm)"
    for executable in ("/bin/sh", "/bin/bash"):
        found = output_of(CommandLine(shell=text, executable=executable), shell)
        assert found == Output(status=0, stdout=b"it's\n$HOME\n\\\n")


@each_shell
def test_hostile_directories_are_entered(shell: str, tmp_path: Path) -> None:
    """`chdir` goes into a directory of any name."""
    for name in hostile.NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "here").write_bytes(encode(name))
        found = output_of(CommandLine(argv=("cat", "here"), chdir=f"{tmp_path}/{name}"), shell)
        assert decode(found.stdout) == name


@each_shell
def test_nothing_runs_where_the_directory_is_missing(shell: str, tmp_path: Path) -> None:
    """Without its directory a command is not run."""
    command = CommandLine(argv=("touch", f"{tmp_path}/ran"), chdir=f"{tmp_path}/missing")
    assert output_of(command, shell).status != 0
    assert list(tmp_path.iterdir()) == []


@each_shell
def test_status_and_both_streams_are_told(shell: str) -> None:
    """Exit status, output and errors are told apart."""
    found = output_of(CommandLine(argv=("sh", "-c", "printf out; printf err >&2; exit 37")), shell)
    assert found == Output(status=37, stdout=b"out", stderr=b"err")


@each_shell
def test_words_name_programs_not_builtins(shell: str) -> None:
    """A program is run even where the shell has a builtin of the same name, which may print otherwise."""
    assert output_of(CommandLine(argv=("echo", "a\\tb\\0101")), shell).stdout == b"a\\tb\\0101\n"
    assert output_of(CommandLine(argv=("exit", "0")), shell).status != 0


@each_shell
def test_a_command_reads_nothing_that_is_not_its_own(shell: str) -> None:
    """Without `stdin` a command finds its standard input at its end."""
    assert output_of(CommandLine(argv=("cat",)), shell) == Output(status=0)


@given(argv=st.lists(hostile.words, min_size=1))
def test_a_command_is_shown_as_it_could_be_typed(argv: list[str]) -> None:
    """The text shown for words is split into the same words again."""
    assert shlex.split(CommandLine(argv=tuple(argv)).text()) == argv


def test_anything_may_change_what_a_command_says() -> None:
    """Only its author knows what a command looks at."""
    fact = CommandOutput(CommandLine(argv=("true",)))
    assert fact.reads("/any/path")
    assert fact.opaque
