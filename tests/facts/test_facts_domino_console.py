"""A console command reaches each platform's program as it is, and its answer is read from where it comes."""

from pathlib import Path

import hostile
import pytest
from local_host import SHELLS, run

from remediate.bourne import encode, quote
from remediate.errors import TaskFailed
from remediate.facts.base import Follow
from remediate.facts.domino import DominoState, DominoTasks
from remediate.facts.domino_console import Adapter, Console, IbmI, NashCom, SiteCommand, WindowsServer

each_shell = pytest.mark.parametrize("shell", SHELLS)

TASKS = (
    "       Task                 Description\n\n  Router               Idle\n  SMDreal              Idle\n"
)


def program(path: Path, text: str) -> str:
    """A program that runs `text`, noting its arguments and its directory first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    note = f"printf '%s\\0' \"$@\" >> {quote(str(path.parent))}/sent\npwd > {quote(str(path.parent))}/pwd\n"
    path.write_bytes(encode(f"#!/bin/sh\n{note}{text}\necho its own output is no answer\n"))
    path.chmod(0o755)
    return str(path)


def sent(folder: Path) -> list[str]:
    """The arguments that the program in `folder` got."""
    return (folder / "sent").read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]


def console(folder: Path, adapter: Adapter) -> Console:
    """The console of a server whose files are all in `folder`."""
    return Console(data=str(folder), program=str(folder), log=f"{folder}/console.log", adapter=adapter)


def followed(found: object, shell: str) -> tuple[object, int]:
    """The answer, and how often the host was asked for it."""
    looks = 0
    while isinstance(found, Follow):
        looks += 1
        found = found.fact.parse(run(found.fact.ask(), shell))
    return found, looks


@each_shell
def test_the_start_script_gets_the_command_as_one_word(shell: str, tmp_path: Path) -> None:
    """It is called with `cmd` and the command, whatever is in it, and its output is not the answer."""
    script = program(tmp_path / "a b" / "rc_domino", "")
    one = console(tmp_path, NashCom(script=script))
    assert one.sent(run(one.ask(*hostile.NAMES), shell)) == 0
    assert sent(tmp_path / "a b") == [word for name in hostile.NAMES for word in ("cmd", name)]


@each_shell
def test_a_cl_command_gets_quotes_twice(shell: str, tmp_path: Path) -> None:
    """The whole CL command is one word of `system`, and the console command stands within CL's quotes."""
    program(tmp_path / "system", "")
    one = console(tmp_path, IbmI(template="SBMDOMCMD CMD('{command}') SERVER(A)"))
    output = run(f"PATH={quote(str(tmp_path))}:$PATH\n" + one.ask(*hostile.NAMES), shell)
    assert one.sent(output) == 0
    doubled = [name.replace("'", "''") for name in hostile.NAMES]
    assert sent(tmp_path) == [f"SBMDOMCMD CMD('{name}') SERVER(A)" for name in doubled]


@each_shell
def test_a_command_of_the_site_gets_one_word(shell: str, tmp_path: Path) -> None:
    """Also as a part of a longer one, and after a comment that it may end with."""
    own = quote(program(tmp_path / "it's", ""))
    one = console(tmp_path, SiteCommand(template=f"test -d / && {own} mail {{command}} # x"))
    assert one.sent(run(one.ask(*hostile.NAMES), shell)) == 0
    assert sent(tmp_path) == [word for name in hostile.NAMES for word in ("mail", name)]


@each_shell
def test_a_command_on_windows_is_sent_in_the_program_directory(shell: str, tmp_path: Path) -> None:
    """What changes something is answered in the log: nothing is added to it."""
    program(tmp_path / "nserver", "")
    one = console(tmp_path, WindowsServer(answer_file=f"{tmp_path}/answer"))
    (tmp_path / "console.log").write_text("x" * 9)
    assert one.sent(run(one.ask(*hostile.NAMES), shell)) == 9
    assert sent(tmp_path) == [word for name in hostile.NAMES for word in ("-c", name)]
    assert (tmp_path / "pwd").read_text() == f"{tmp_path}\n"


@each_shell
def test_a_question_on_windows_is_answered_in_files(shell: str, tmp_path: Path) -> None:
    """Each command has a file of its own, under the name that Windows knows; they are removed afterwards."""
    program(tmp_path / "nserver", "")
    program(tmp_path / "bin" / "cygpath", "test $1 = -w && printf 'C:\\\\new%s\\n' \"$2\"; exit")
    question = DominoTasks(console=console(tmp_path, WindowsServer(answer_file=f"{tmp_path}/answer")))
    asked = question.parse(run(f"PATH={quote(str(tmp_path))}/bin:$PATH\n{question.ask()}", shell))
    _, tasks, _, server = sent(tmp_path)
    assert tasks.startswith(f"show tasks >C:\\new{tmp_path}/answer.")
    assert server.startswith(f"show server >C:\\new{tmp_path}/answer.")
    files = [Path(each.partition(">C:\\new")[2]) for each in (tasks, server)]
    fact = asked.fact
    files[1].write_text(f"Server directory:  {tmp_path}\r\nPartition:   p\r\nPending mail: 0")
    assert isinstance(fact.parse(run(fact.ask(), shell)), Follow)
    files[0].write_text(TASKS)
    found, looks = followed(asked, shell)
    assert looks > 3  # nothing marks the end of the first file: it must have stayed the same for a while
    assert isinstance(found, DominoState)
    assert [task.name for task in found.tasks] == ["Router", "SMDreal"]
    assert [each.exists() for each in files] == [False, False]


@each_shell
def test_another_server_on_windows_is_refused_and_leaves_nothing(shell: str, tmp_path: Path) -> None:
    """Its files are removed, too; until then, what is awaited where is told."""
    program(tmp_path / "nserver", "")
    question = DominoTasks(console=console(tmp_path, WindowsServer(answer_file=f"{tmp_path}/answer")))
    found = question.parse(run(question.ask(), shell))
    files = [Path(command.partition(">")[2]) for command in sent(tmp_path)[1::2]]
    assert all(str(file) in found.fact.overdue() for file in files)
    files[0].write_text(TASKS)
    files[1].write_text("Server directory: D:\\other\nPartition: p\n")
    with pytest.raises(TaskFailed, match=r"another Domino partition answered: .* D:\\other"):
        followed(found, shell)
    assert [file.exists() for file in files] == [False, False]


@each_shell
def test_every_adapter_says_why_a_command_was_not_sent(shell: str, tmp_path: Path) -> None:
    """The program's own words, and the cure that belongs to the adapter."""
    broken = program(tmp_path / "nserver", "echo no such server >&2; exit 3")
    path = f"PATH={quote(str(tmp_path))}:$PATH\n"
    program(tmp_path / "system", "echo no such server >&2; exit 3")
    for adapter, cure in (
        (NashCom(script=broken), "'script'"),
        (WindowsServer(answer_file="/a"), "domino_program"),
        (IbmI(template="X {command}"), "'template'"),
        (SiteCommand(template=f"{quote(broken)} {{command}}"), "'template'"),
    ):
        question = DominoTasks(console=console(tmp_path, adapter))
        with pytest.raises(TaskFailed, match="could not be sent: no such server") as failed:
            question.parse(run(path + question.ask(), shell))
        assert cure in (failed.value.cure or "")
