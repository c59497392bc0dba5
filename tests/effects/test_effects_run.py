"""Run, ConsoleCommand and diffs: what runs, what is refused, what is foretold, what is shown."""

from pathlib import Path

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_host import SHELLS, LocalHost, run, tree

from remediate.answers import Known, Provisional, Unknown
from remediate.effects.console import ConsoleCommand
from remediate.effects.diff import text_diff
from remediate.effects.pause import Pause
from remediate.effects.run import Run
from remediate.errors import Drifted, TaskFailed
from remediate.facts.base import Output
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.domino import ConsoleReply, DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.files import FileStatus, FileText, Listing, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)


@each_shell
@pytest.mark.parametrize("status", [0, 1, 91, 255])
def test_a_command_runs_and_its_result_is_told(shell: str, status: int, tmp_path: Path) -> None:
    """Status, both streams and their lines are registered; no exit status is mistaken for a guard's."""
    text = f"echo out; echo more; echo it is gone >&2; touch {tmp_path}/ran; exit {status}"
    effect = Run(command=CommandLine(argv=("sh", "-c", text)), creates=f"{tmp_path}/new", removes="/etc")
    result = effect.judge(run(effect.script(), shell))
    assert (tmp_path / "ran").exists()
    assert result["rc"] == status
    assert result["failed"] is (status != 0)
    assert (result["stdout"], result["stdout_lines"]) == ("out\nmore", ["out", "more"])
    assert (result["stderr"], result["stderr_lines"]) == ("it is gone", ["it is gone"])


@each_shell
def test_a_command_that_is_not_needed_any_more_is_not_run(shell: str, tmp_path: Path) -> None:
    """If what it creates has appeared, or what it removes is gone, it does not run, and fails."""
    command = CommandLine(argv=("touch", f"{tmp_path}/ran"))
    refused = []
    for name in hostile.NAMES:
        (tmp_path / name).symlink_to("nowhere")
        there, gone = f"{tmp_path}/{name}", f"{tmp_path}/gone {name}"
        refused += [
            (Run(command=command, creates=there), "it has appeared"),
            (Run(command=command, removes=gone), "it is gone"),
            (Run(command=command, creates=gone, removes=gone), "it is gone"),
        ]
    before = tree(tmp_path)
    outputs = LocalHost(shell).ask([effect.script() for effect, _ in refused], deadline=60)
    for (effect, said), output in zip(refused, outputs, strict=True):
        with pytest.raises(Drifted, match=said):
            effect.judge(output)
    assert tree(tmp_path) == before


@each_shell
def test_a_command_runs_where_its_conditions_still_hold(shell: str, tmp_path: Path) -> None:
    """With `creates` absent and `removes` there, it runs."""
    (tmp_path / "old").touch()
    command = CommandLine(argv=("mv", f"{tmp_path}/old", f"{tmp_path}/new"))
    effect = Run(command=command, creates=f"{tmp_path}/new", removes=f"{tmp_path}/old")
    assert effect.judge(run(effect.script(), shell))["rc"] == 0
    assert set(tree(tmp_path)) == {b"new"}


def test_what_a_command_changes_is_unknown_unless_its_author_says() -> None:
    """Without `changes` every answer becomes provisional; with it, only what it names becomes unknown."""
    opaque = Run(command=CommandLine(argv=("x",)))
    named = Run(command=CommandLine(argv=("x",)), changes_paths=("/a",), creates="/b")
    nothing = Run(command=CommandLine(argv=("x",)), changes_paths=())
    for fact in (Text("/a"), FileStatus("/a/x"), Listing("/"), Text("/b")):
        assert isinstance(opaque.foretell(fact, Known("v")), Provisional)
        assert isinstance(named.foretell(fact, Known("v")), Unknown)
        assert nothing.foretell(fact, Known("v")) == Known("v")
    assert named.foretell(Text("/c"), Known("v")) == Known("v")
    command = CommandOutput(CommandLine(argv=("y",)))
    assert isinstance(named.foretell(command, Known("v")), Provisional)
    assert nothing.foretell(command, Known("v")) == Known("v")


def test_the_result_of_a_command_is_unknown_in_a_dry_run() -> None:
    """Only the command itself is known; the rest has the same names as the real result."""
    effect = Run(command=CommandLine(argv=("do", "it now")))
    expected = effect.expected()
    assert expected.pop("cmd") == ["do", "it now"]
    assert all(isinstance(value, Unknown) for value in expected.values())
    assert {"cmd", *expected} == set(effect.judge(Output(status=0)))
    assert effect.diff() == "~ run do 'it now'\n"


CONSOLE = Console(data="/data", program="/p", log="/data/log")


def console_command(failure: str | None = None) -> ConsoleCommand:
    """The console command of the article."""
    return ConsoleCommand(
        console=CONSOLE, command="tell smdreal checkac", success="successful", failure=failure
    )


def test_a_console_command_is_awaited_in_the_log() -> None:
    """Once sent, the log is asked from where it ended before; if it was not sent, the task fails."""
    follow = console_command("failed").judge(Output(status=0, stdout=b"4711\n"))
    assert follow.after > 0
    assert "from=4711" in follow.fact.ask()
    with pytest.raises(TaskFailed, match="could not be sent: no such server"):
        console_command().judge(Output(status=1, stdout=b"0\n", stderr=b"no such server\n"))


def test_the_line_that_decides_is_the_result() -> None:
    """A line of success gives the lines to register; one of failure fails with the console's words."""
    lines = ("already expired", "update successful")
    reply = ConsoleReply(lines=lines, line=lines[1], succeeded=True)
    assert console_command().conclude(reply) == {
        "lines": list(lines),
        "line": lines[1],
        "failed": False,
        "command": "tell smdreal checkac",
    }
    reply = ConsoleReply(lines=lines, line=" already expired", succeeded=False)
    with pytest.raises(
        TaskFailed, match=r"said 'already expired'; the console said: already expired \| update"
    ):
        console_command().conclude(reply)


def test_a_console_command_may_change_that_server_and_its_data() -> None:
    """Its tasks and what lies in its data directory become unknown; other servers do not."""
    effect = console_command()
    other = Console(data="/other", program="/p", log="/other/log")
    assert isinstance(effect.foretell(DominoTasks(console=CONSOLE), Known("v")), Unknown)
    assert isinstance(effect.foretell(Text("/data/notes.ini"), Known("v")), Unknown)
    assert effect.foretell(DominoTasks(console=other), Known("v")) == Known("v")
    assert isinstance(effect.expected()["line"], Unknown)
    assert effect.diff() == "~ console: tell smdreal checkac\n  awaits: successful\n"


def test_a_pause_changes_nothing_unless_a_person_comes_in() -> None:
    """Time alone changes no answer; a person may change any."""
    assert Pause(seconds=2, prompt=None).foretell(Text("/a"), Known("v")) == Known("v")
    asked = Pause(seconds=None, prompt="enter the trial key").foretell(Text("/a"), Known("v"))
    assert isinstance(asked, Provisional)


DIFFS = {
    ("a\nb\n", "a\nc\n"): "--- /f\n+++ /f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
    ("a", "a\n"): "--- /f\n+++ /f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
    (None, "a\n"): "--- /dev/null\n+++ /f\n@@ -0,0 +1 @@\n+a\n",
    (None, "a\n\nb"): "--- /dev/null\n+++ /f\n@@ -0,0 +1,3 @@\n+a\n+\n+b\n\\ No newline at end of file\n",
    ("\n\n", ""): "--- /f\n+++ /f\n@@ -1,2 +0,0 @@\n-\n-\n",
    ("a\n", None): "--- /f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
    ("a\x0cb\r\n", "a\x0cc\r\n"): "--- /f\n+++ /f\n@@ -1 +1 @@\n-a\x0cb\r\n+a\x0cc\r\n",
    ("\0", "ab"): "~ /f 1 bytes -> 2 bytes\n",
    ("é", "\0"): "~ /f 2 bytes -> 1 bytes\n",
}


@pytest.mark.parametrize(("texts", "diff"), DIFFS.items())
def test_the_change_of_a_text_is_shown(texts: tuple[str | None, str | None], diff: str) -> None:
    """A unified diff, line feeds alone ending a line; for what is no text, the sizes."""
    before, after = texts
    held = FileText(kind="absent") if before is None else FileText.holding(before)
    assert text_diff("/f", held, after) == diff


@given(before=st.text("ab\n", max_size=20), after=st.text("ab\n", max_size=20))
def test_a_diff_is_empty_only_if_nothing_changes(before: str, after: str) -> None:
    """Whatever differs is shown, and every line of a diff ends."""
    diff = text_diff("/f", FileText.holding(before), after)
    assert (diff == "") is (before == after)
    assert diff == "" or diff.endswith("\n")
